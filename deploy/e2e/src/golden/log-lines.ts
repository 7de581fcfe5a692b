// Compares what containers printed. How often a clock's line comes depends on the moment of the pod's end, so of these
// lines there need only be about as many.

import { normaliseText } from "./normalise.js";

type Logs = ReadonlyMap<string, string>;

/** One line for each log that differs; by container. */
export function compareLogs(expected: Logs, observed: Logs): string[] {
  const names = [...new Set([...expected.keys(), ...observed.keys()])].sort();
  return names.flatMap((name) => {
    const [a, b] = [linesOf(expected.get(name)), linesOf(observed.get(name))];
    if (isSame(a, b)) return [];
    const [left, right] = [a?.map(plainLine).sort() ?? ["-"], b?.map(plainLine).sort() ?? ["-"]];
    return [`log ${name}: ${showPairs(left, right)} (${a?.length ?? 0} and ${b?.length ?? 0} lines)`];
  });
}

function isSame(a: readonly string[] | undefined, b: readonly string[] | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  const [left, right] = [countsOf(a), countsOf(b)];
  const [clocks, alsoClocks] = [clockLinesIn(a), clockLinesIn(b)];
  return [...new Set([...left.keys(), ...right.keys()])].every((line) => {
    const [wanted, got] = [left.get(line) ?? 0, right.get(line) ?? 0];
    return Math.abs(wanted - got) <= (clocks.has(line) && alsoClocks.has(line) ? clockSlack(wanted) : 0);
  });
}

/** Two ticks, or a tenth of them. */
function clockSlack(ticks: number): number {
  return Math.max(2, Math.ceil(ticks / 10));
}

function countsOf(lines: readonly string[]): ReadonlyMap<string, number> {
  const groups = Map.groupBy(lines, plainLine);
  return new Map([...groups].map(([line, same]) => [line, same.length]));
}

/** A day and time, as agnhost writes it before a line, or the seconds since 1970. */
const MOMENT = /^[IWEF]\d{4} \d\d:\d\d:\d\d\.\d+|\b1\d{9}\b/;
const FEWEST_TICKS = 3;

/** Lines that a container printed again and again without another between, the same but for the moment. */
function clockLinesIn(lines: readonly string[]): ReadonlySet<string> {
  const clocks = new Set<string>();
  let [last, ticks]: [string | undefined, number] = [undefined, 0];
  for (const line of lines) {
    const text = line.replace(MOMENT, "MOMENT");
    ticks = text === last ? ticks + 1 : 1;
    last = text;
    if (ticks === FEWEST_TICKS) clocks.add(plainLine(line));
  }
  return clocks;
}

const SHOWN_CHARACTERS = 600;

function showPairs(a: readonly string[], b: readonly string[]): string {
  const pairs = a.slice(0, b.length).map((line, index) => [line, b[index] ?? ""] as const);
  const different = pairs.filter(([left, right]) => left !== right);
  return different
    .map((pair) => JSON.stringify(pair))
    .join("; ")
    .slice(0, SHOWN_CHARACTERS);
}

function linesOf(text: string | undefined): string[] | undefined {
  if (text === undefined) return undefined;
  const lines = text.split(/\r\n|[\n\r\v\f\u0085\u2028\u2029]/);
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

/** A day, as agnhost writes it before the time: I1125. */
const LOG_DAY = /^[IWEF]\d{4}(?= \d\d:\d\d:\d\d\.)/;

/** The order of environment variables and of resolver options is not promised; figures of more than one digit vary. */
function plainLine(line: string): string {
  const normal = normaliseText(line);
  const sorted = normal.startsWith("options ") ? sortWords(normal) : normal;
  return sorted.replace(LOG_DAY, "DAY").replace(/\b\d{2,}\b/g, "N");
}

function sortWords(line: string): string {
  const [first = "", ...words] = line.split(/\s+/).filter((word) => word !== "");
  return [first, ...words.sort()].join(" ");
}
