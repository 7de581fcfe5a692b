/** The answer of `outboard inspect` for people: at most 100 columns, words and columns that keep their places. */
import type { InspectedFeature, Inspection } from "./inspection.js";

const WIDTH = 100;
const LABEL = 14;

/** Lines of text, without the last line end. */
export function renderInspection(found: Inspection): string {
  return [...renderFacts(found), "", ...renderCapabilities(found), "", ...renderFeatures(found)]
    .map((line) => line.trimEnd())
    .join("\n");
}

function renderFacts({ provider, node, ...found }: Inspection): readonly string[] {
  const why = [node.reason, node.message]
    .map(printable)
    .filter((text) => text !== "")
    .join(": ");
  const inventory = `inventory ${node.inventoryComplete ? "complete" : "incomplete"}`;
  return [
    ...fact("provider", `${provider.name} ${provider.version}, contract revision ${provider.revision}`),
    ...fact("state", `${node.state}${why === "" ? "" : ` (${why})`}, ${inventory}`),
    ...fact("capacity", pairs(found.capacity)),
    ...fact("pods", pairs(found.pods)),
    ...fact("limits", pairs(found.limits)),
    ...Object.entries(found.info).flatMap(([key, value]) => fact("info", `${key}: ${value}`)),
  ];
}

function fact(label: string, text: string): readonly string[] {
  return hang(label.padEnd(LABEL), text);
}

function renderCapabilities({ capabilities }: Inspection): readonly string[] {
  const width = widthOf(capabilities.map(({ id }) => id));
  const rows = capabilities.map(({ id, declared }) => `${id.padEnd(width)} ${declared ? "yes" : "no"}`);
  return [`${"CAPABILITY".padEnd(width)} DECLARED`, ...rows];
}

function renderFeatures({ features }: Inspection): readonly string[] {
  const width = widthOf(features.map(({ id }) => id));
  const row = (id: string, level: string) => `${id.padEnd(width)} ${level.padEnd(9)} `;
  const rows = features.flatMap((feature) => hang(row(feature.id, feature.level), remarkOf(feature)));
  return [row("FEATURE", "LEVEL") + "REMARK", ...rows];
}

function remarkOf({ text, bounds }: InspectedFeature): string {
  const limits = bounds.map(({ path, min, max, allowed }) => {
    const range = min === undefined && max === undefined ? "" : ` ${min ?? ""}..${max ?? ""}`;
    return `${path}${range}${allowed.length === 0 ? "" : ` one of ${allowed.join(", ")}`}`;
  });
  return [text, ...limits].filter((part) => part !== "").join("; ");
}

/** Text behind its head, broken between words and indented to stay behind it. */
function hang(head: string, text: string): readonly string[] {
  const lines: string[] = [];
  let line = head;
  let isStarted = false;
  for (const word of printable(text).split(" ")) {
    if (isStarted && line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = " ".repeat(head.length);
      isStarted = false;
    }
    line += isStarted ? ` ${word}` : word;
    isStarted = true;
  }
  return [...lines, line];
}

/** A provider's words on one line, without what would move the cursor. */
function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\s]+/gu, " ").trim();
}

function widthOf(texts: readonly string[]): number {
  return Math.max(0, ...texts.map((text) => text.length));
}

function pairs(values: Readonly<Record<string, unknown>>): string {
  const entries = Object.entries(values).map(([key, value]) => `${key}=${wordOf(value)}`);
  return entries.length === 0 ? "none" : entries.join(" ");
}

function wordOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
