// The figures as one page: ratios first, then plots, then all tables. Nothing in it comes from elsewhere. Pure.

import { type Bar, type BarPart, barChart, escapeHtml, legendOf, lineChart, type Line } from "./charts.js";
import type { BurstFigures, BurstPhase, TurnFigures } from "./figures.js";
import { headLines, nameOf, type Table, toTables } from "./report.js";
import { addRequests, classOf } from "./requests.js";

/** Colours by name are the same in every plot. */
const COLOUR: Readonly<Record<TurnFigures["contender"], number>> = { outboard: 0, lifted: 1, floor: 2, stock: 3 };
const PALETTE = {
  light: ["#2a6fdb", "#d9730d", "#8a8f98", "#2f9e5b", "#9b51c4", "#c2416b", "#1399a8", "#b59a00"],
  dark: ["#6ea3f5", "#f0a050", "#9aa0aa", "#5cc588", "#c08be0", "#e77c9d", "#4cc3d0", "#d8c04a"],
} as const;
const MOST_KINDS = 7;

export function toPage(figures: BurstFigures): string {
  const [first, ...tables] = toTables(figures);
  const head = headLines(figures).map((line) => `<p>${escapeHtml(line)}</p>`);
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>Burst of pods</title><style>${STYLE}</style></head><body>`,
    `<h1>Burst of pods</h1><div class="head">${head.join("")}</div>`,
    first === undefined ? "" : tableHtml(first),
    `<div class="plots">${plots(figures).join("")}</div>`,
    ...tables.map(tableHtml),
    "</body></html>\n",
  ].join("\n");
}

function plots({ turns, nodes }: BurstFigures): string[] {
  if (nodes !== undefined) {
    const lines = [
      lineOf("all Running", 0, nodes.create, nodes.nodes * nodes.podsPerNode),
      lineOf("all gone", 1, nodes.remove, nodes.nodes * nodes.podsPerNode),
    ];
    return [figure("Pods over time", lineChart(lines))];
  }
  const isOneContender = turns.every(({ contender }) => contender === turns[0]?.contender);
  const colourOf = (turn: TurnFigures, index: number): number =>
    isOneContender ? index % PALETTE.light.length : COLOUR[turn.contender];
  const lines = (phase: "create" | "remove"): Line[] =>
    turns.map((turn, index) => lineOf(nameOf(turn), colourOf(turn, index), turn[phase], turn.pods));
  const bars = (parts: (turn: TurnFigures) => readonly BarPart[]): Bar[] =>
    turns.map((turn) => ({ label: nameOf(turn), parts: parts(turn).filter(({ value }) => value > 0) }));
  const kinds = [...addRequests(turns.flatMap(({ create, remove }) => [create, remove])).keys()]
    .filter((kind) => classOf(kind) === "pods")
    .slice(0, MOST_KINDS);
  return [
    figure("Pods Running", lineChart(lines("create"))),
    figure("Pods gone, default grace", lineChart(lines("remove"))),
    barFigure(
      "Created to Running, p50",
      bars(({ create }) => [part("p50", 0, create.podMs?.p50)]),
      "ms",
      0,
    ),
    barFigure(
      "Created to Running, p99",
      bars(({ create }) => [part("p99", 0, create.podMs?.p99)]),
      "ms",
      0,
    ),
    barFigure("CPU per pod", bars(cpuParts), "ms, create and delete", 2),
    barFigure(
      "API requests per pod, without events",
      bars((turn) => requestParts(turn, kinds)),
      "create and delete",
      2,
    ),
    barFigure("Peak memory", bars(memoryParts), "MiB", 0),
    barFigure(
      "Event loop late while creating, p99",
      bars(({ loopDelay }) => [part("p99", 0, loopDelay?.p99Ms)]),
      "ms",
      1,
    ),
  ];
}

function lineOf(label: string, colour: number, { curve }: BurstPhase, pods: number): Line {
  return { label, colour, points: curve.map(([seconds, count]) => [seconds, count / pods] as const) };
}

function part(label: string, colour: number, value: number | undefined): BarPart {
  return { label, colour, value: value === undefined || Number.isNaN(value) ? 0 : value };
}

function cpuParts({ create, remove, pods }: TurnFigures): BarPart[] {
  return [
    part("create, gateway or agent", 0, create.cpuMs.gateway / pods),
    part("create, provider", 6, create.cpuMs.provider / pods),
    part("delete, gateway or agent", 1, remove.cpuMs.gateway / pods),
    part("delete, provider", 7, remove.cpuMs.provider / pods),
  ];
}

function requestParts({ create, remove, pods }: TurnFigures, kinds: readonly string[]): BarPart[] {
  const counts = addRequests([create, remove]);
  return kinds.map((kind, index) => part(kind, index, (counts.get(kind) ?? 0) / pods));
}

function memoryParts({ memoryMiB }: TurnFigures): BarPart[] {
  return [part("gateway or agent", 0, memoryMiB.gateway.peak), part("provider", 6, memoryMiB.provider?.peak)];
}

/** Those that have nothing to show are left out. */
function barFigure(title: string, bars: readonly Bar[], unit: string, digits: number): string {
  const shown = bars.filter(({ parts }) => parts.length > 0);
  return shown.length === 0 ? "" : figure(title, `${legendOf(shown)}${barChart(shown, unit, digits)}`);
}

function figure(title: string, content: string): string {
  return content === "" ? "" : `<figure><figcaption>${escapeHtml(title)}</figcaption>${content}</figure>`;
}

function tableHtml({ title, head, rows }: Table): string {
  const line = (cells: readonly string[], tag: "th" | "td"): string =>
    `<tr>${cells.map((cell) => `<${tag}${verdictClass(cell)}>${escapeHtml(cell)}</${tag}>`).join("")}</tr>`;
  const body = rows.map((row) => line(row, "td")).join("\n");
  return `<h2>${escapeHtml(title)}</h2><div class="scroll"><table><thead>${line(head, "th")}</thead><tbody>${body}</tbody></table></div>`;
}

function verdictClass(cell: string): string {
  if (cell === "met") return ' class="met"';
  return cell === "MISSED" ? ' class="missed"' : "";
}

function colourRules(palette: readonly string[]): string {
  return palette
    .map((colour, index) => `.c${index}{stroke:${colour}}.k${index}{fill:${colour};background:${colour}}`)
    .join("");
}

const STYLE = `
:root{--ink:#1c1f24;--soft:#5c636e;--rule:#e3e6ea;--paper:#fff;--good:#1c7c3f;--bad:#b42318}
body{margin:2rem auto;max-width:1360px;padding:0 1.5rem;background:var(--paper);color:var(--ink);font:14px/1.45 system-ui,sans-serif}
h1{font-size:1.5rem;margin:0 0 .4rem}h2{font-size:1rem;margin:2rem 0 .4rem}
.head p{margin:0;color:var(--soft)}
table{border-collapse:collapse;font-variant-numeric:tabular-nums}.scroll{overflow-x:auto}
th,td{padding:.2rem .7rem;text-align:right;border-bottom:1px solid var(--rule);white-space:pre}
th{color:var(--soft);font-weight:500}td:first-child,th:first-child{text-align:left;padding-left:0}
.met{color:var(--good);font-weight:600}.missed{color:var(--bad);font-weight:600}
.plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(480px,1fr));gap:1.5rem 2.5rem;margin-top:2rem}
figure{margin:0;max-width:680px}figcaption{font-weight:600;margin-bottom:.4rem}
svg{width:100%;height:auto;display:block}svg text{font:12px system-ui,sans-serif;fill:var(--soft)}
.grid{stroke:var(--rule)}.line{fill:none;stroke-width:2;stroke-linejoin:round}
.legend{margin:0 0 .3rem;color:var(--soft);font-size:12px}.legend span{margin-right:1rem}
.legend i{display:inline-block;width:.7em;height:.7em;border-radius:2px;margin-right:.35em}
${colourRules(PALETTE.light)}
@media(prefers-color-scheme:dark){
:root{--ink:#e6e8eb;--soft:#a0a7b2;--rule:#30353d;--paper:#16181c;--good:#6fcf8f;--bad:#ff8a80}
${colourRules(PALETTE.dark)}}
`;
