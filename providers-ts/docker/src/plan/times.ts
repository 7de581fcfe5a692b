/** Times as the engine writes them. */

/** Milliseconds since 1970; undefined: never happened. */
export function parseTime(text: string | undefined): number | undefined {
  if (text === undefined || text === "" || text.startsWith("0001-")) return undefined;
  const time = Date.parse(text);
  return Number.isNaN(time) ? undefined : time;
}

/** RFC 3339 in UTC with nine digits: texts that sort as their times do. Undefined: no time. */
export function fixedTime(text: string): string | undefined {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/.exec(text);
  if (match === null) return undefined;
  const [, seconds = "", fraction = "", zone = ""] = match;
  const utc = zone === "Z" ? seconds : new Date(`${seconds}${zone}`).toISOString().slice(0, 19);
  return `${utc}.${fraction.padEnd(9, "0")}Z`;
}
