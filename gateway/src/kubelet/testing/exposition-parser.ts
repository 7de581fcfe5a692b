/**
 * A strict reader of the Prometheus text format, for tests: HELP, then TYPE, then all samples of one family; no family and no
 * series twice; names, numbers and escapes as the format defines them.
 */
import type { Sample } from "../stats/exposition.js";

/** A family as it was read. */
export interface ParsedFamily {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  /** `labels` as they were written; `name` differs from the family's for histograms. */
  readonly samples: readonly (Sample & { readonly name: string })[];
}

interface OpenFamily extends ParsedFamily {
  readonly samples: (Sample & { readonly name: string })[];
}

const HELP = /^# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) (.*)$/;
const TYPE = /^# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram|summary|untyped)$/;
const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)(?: (-?\d+))?$/;
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(?:,|$)/y;
const VALUE = /^(?:[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]\d+)?|[+-]Inf|NaN)$/;
const SUFFIXES: Readonly<Record<string, string>> = { histogram: "(_bucket|_sum|_count)", summary: "(|_sum|_count)" };

/** Reads a text. @throws Error that shows the first line that breaks a rule */
export function parseExposition(text: string): readonly ParsedFamily[] {
  if (text !== "" && !text.endsWith("\n")) throw new Error("the last line does not end");
  const families: OpenFamily[] = [];
  const series = new Set<string>();
  const lines = text.split("\n").slice(0, -1);
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index] ?? "";
    if (line.startsWith("#")) families.push(parseHead(line, lines[++index] ?? "", families));
    else addSample(line, families.at(-1), series);
  }
  return families;
}

function parseHead(first: string, second: string, before: readonly ParsedFamily[]): OpenFamily {
  const [, name = "", help = ""] = HELP.exec(first) ?? [];
  const [, typed = "", type = ""] = TYPE.exec(second) ?? [];
  if (name === "" || name !== typed) throw new Error(`not HELP and TYPE of one family: ${first} / ${second}`);
  if (before.some((family) => family.name === name)) throw new Error(`family ${name} twice`);
  return { name, help: unescape(help), type, samples: [] };
}

function addSample(line: string, family: OpenFamily | undefined, series: Set<string>): void {
  const [, name = "", labelText = "", value = "", time] = SAMPLE.exec(line) ?? [];
  if (name === "" || family === undefined) throw new Error(`not a sample: ${line}`);
  if (!new RegExp(`^${family.name}${SUFFIXES[family.type] ?? ""}$`).test(name)) throw new Error(`strayed: ${line}`);
  if (!VALUE.test(value)) throw new Error(`not a number: ${line}`);
  const labels = parseLabels(labelText, line);
  const key = JSON.stringify([
    name,
    ...Object.keys(labels)
      .toSorted()
      .map((label) => [label, labels[label]]),
  ]);
  if (series.has(key)) throw new Error(`series twice: ${line}`);
  series.add(key);
  family.samples.push({
    name,
    labels,
    value: toNumber(value),
    ...(time === undefined ? {} : { timeMs: Number(time) }),
  });
}

function parseLabels(text: string, line: string): Record<string, string> {
  const labels: Record<string, string> = {};
  LABEL.lastIndex = 0;
  for (let at = 0; at < text.length; at = LABEL.lastIndex) {
    LABEL.lastIndex = at;
    const [, name = "", value = ""] = LABEL.exec(text) ?? [];
    if (name === "" || name in labels) throw new Error(`bad labels: ${line}`);
    labels[name] = unescape(value);
  }
  return labels;
}

function unescape(text: string): string {
  return text.replaceAll(/\\([\\"n])/g, (_all, character: string) => (character === "n" ? "\n" : character));
}

function toNumber(text: string): number {
  return Number(text.replace("Inf", "Infinity"));
}
