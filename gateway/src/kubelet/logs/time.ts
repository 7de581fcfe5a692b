/** Times of log lines: nanoseconds since 1970, read from and written as RFC 3339. Pure. */

const RFC3339 = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:[.,](\d+))?(Z|[+-]\d\d:\d\d)$/;

/** Reads a time. Undefined: not RFC 3339. */
export function parseTime(text: string): bigint | undefined {
  const parts = RFC3339.exec(text);
  if (parts === null) return undefined;
  const [, year, month, day, hour, minute, second, fraction = "", zone = "Z"] = parts;
  const wall = `${year}-${month}-${day}T${hour}:${minute}:${second}`;
  const utcMs = Date.parse(`${wall}Z`);
  if (Number.isNaN(utcMs) || new Date(utcMs).toISOString() !== `${wall}.000Z`) return undefined;
  const offsetMs = parseZone(zone);
  if (offsetMs === undefined) return undefined;
  return BigInt(utcMs - offsetMs) * 1_000_000n + BigInt(fraction.slice(0, 9).padEnd(9, "0"));
}

/** Writes a time with exactly nine digits of fraction, in UTC. */
export function formatTime(nanos: bigint): string {
  const seconds = nanos >= 0n ? nanos / 1_000_000_000n : -((999_999_999n - nanos) / 1_000_000_000n);
  const fraction = nanos - seconds * 1_000_000_000n;
  const whole = new Date(Number(seconds) * 1000).toISOString().slice(0, -".000Z".length);
  return `${whole}.${fraction.toString().padStart(9, "0")}Z`;
}

function parseZone(zone: string): number | undefined {
  if (zone === "Z") return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(4, 6));
  if (hours > 24 || minutes > 59) return undefined;
  return (zone.startsWith("-") ? -1 : 1) * (hours * 60 + minutes) * 60_000;
}
