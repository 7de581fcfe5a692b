// Two kinds of charts as SVG text: how pods come to a point over time, and bars made of parts. Colours are numbers, for
// which the page has a value each, in light and in dark. Pure.

export interface Line {
  readonly label: string;
  /** Index of its colour. */
  readonly colour: number;
  /** Seconds, and the share of all pods from 0 to 1. */
  readonly points: readonly (readonly [seconds: number, share: number])[];
}

export interface Bar {
  readonly label: string;
  readonly parts: readonly BarPart[];
}

export interface BarPart {
  readonly label: string;
  readonly colour: number;
  readonly value: number;
}

const WIDTH = 640;
const LINES = { left: 44, right: 130, top: 12, bottom: 40, height: 260 } as const;
const BARS = { left: 130, right: 60, row: 30, thick: 16, top: 6, bottom: 26 } as const;
const LABEL_GAP = 15;

/** Time on a logarithmic axis, since the slowest may take a hundred times as long as the fastest. */
export function lineChart(lines: readonly Line[]): string {
  const all = lines.flatMap(({ points }) => points.map(([seconds]) => seconds)).filter((seconds) => seconds > 0);
  if (all.length === 0) return "";
  const [from, to] = [floorTick(Math.min(...all)), ceilingTick(Math.max(...all))];
  const right = WIDTH - LINES.right;
  const bottom = LINES.height - LINES.bottom;
  const toX = (seconds: number): number =>
    LINES.left + (Math.log(Math.max(seconds, from) / from) / Math.log(to / from)) * (right - LINES.left);
  const toY = (share: number): number => bottom - share * (bottom - LINES.top);
  const ticks = ticksBetween(from, to).map(
    (tick) =>
      `${stroke("grid", [toX(tick), LINES.top], [toX(tick), bottom])}${text(toX(tick), bottom + 16, "middle", String(tick))}`,
  );
  const shares = [0, 0.5, 1].map(
    (share) =>
      `${stroke("grid", [LINES.left, toY(share)], [right, toY(share)])}${text(LINES.left - 6, toY(share) + 4, "end", `${share * 100} %`)}`,
  );
  const paths = lines.map(
    ({ colour, points }) =>
      `<path class="line c${colour}" d="${steps(
        points.map(([seconds, share]) => [toX(seconds), toY(share)]),
        bottom,
      )}"/>`,
  );
  const caption = text(
    (LINES.left + right) / 2,
    LINES.height - 6,
    "middle",
    "seconds since the first request, logarithmic",
  );
  return svg(LINES.height, [...ticks, ...shares, ...paths, ...endLabels(lines, right, bottom), caption]);
}

/** Horizontal bars, the sum behind each. */
export function barChart(bars: readonly Bar[], unit: string, digits: number): string {
  const sums = bars.map(({ parts }) => parts.reduce((sum, { value }) => sum + value, 0));
  const most = Math.max(...sums);
  if (!(most > 0)) return "";
  const scale = (WIDTH - BARS.left - BARS.right) / most;
  const rows = bars.flatMap(({ label, parts }, index) => {
    const y = BARS.top + index * BARS.row;
    const middle = y + BARS.thick - 4;
    const sum = sums[index] ?? 0;
    return [
      text(BARS.left - 8, middle, "end", label),
      ...blocks(parts, y, scale),
      text(BARS.left + sum * scale + 6, middle, "start", sum.toFixed(digits)),
    ];
  });
  const height = BARS.top + bars.length * BARS.row + BARS.bottom;
  return svg(height, [...rows, text(BARS.left, height - 8, "start", unit)]);
}

/** What the colours of bars mean; empty for one part. */
export function legendOf(bars: readonly Bar[]): string {
  const labels = new Map(bars.flatMap(({ parts }) => parts.map(({ label, colour }) => [label, colour] as const)));
  if (labels.size < 2) return "";
  const items = [...labels].map(([label, colour]) => `<span><i class="k${colour}"></i>${escapeHtml(label)}</span>`);
  return `<p class="legend">${items.join("")}</p>`;
}

export function escapeHtml(value: string): string {
  return value.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

/** A gap of two pixels parts the blocks. */
function blocks(parts: readonly BarPart[], y: number, scale: number): string[] {
  let x: number = BARS.left;
  return parts.flatMap(({ label, colour, value }) => {
    const width = value * scale;
    const block = `<rect class="k${colour}" x="${round(x)}" y="${y}" width="${round(Math.max(0.5, width - 2))}" height="${BARS.thick}" rx="2"><title>${escapeHtml(label)}: ${value.toFixed(2)}</title></rect>`;
    x += width;
    return value > 0 ? [block] : [];
  });
}

/** From nothing up: a pod that has come stays. */
function steps(points: readonly (readonly [number, number])[], bottom: number): string {
  const [first] = points;
  if (first === undefined) return "";
  const rest = points.map(([x, y], index) => {
    const before = points[index - 1]?.[1] ?? bottom;
    return `L${round(x)} ${round(before)}L${round(x)} ${round(y)}`;
  });
  return `M${round(first[0])} ${bottom}${rest.join("")}`;
}

/** Names at the right, in the order in which the lines end, each below the one before. */
function endLabels(lines: readonly Line[], right: number, bottom: number): string[] {
  const ends = lines.map((line) => ({ line, seconds: line.points.at(-1)?.[0] ?? 0 }));
  return ends
    .toSorted((left, other) => left.seconds - other.seconds)
    .flatMap(({ line, seconds }, index) => {
      const y = Math.min(bottom, LINES.top + 6 + index * LABEL_GAP);
      return [
        `<rect class="k${line.colour}" x="${right + 8}" y="${y - 6}" width="8" height="8" rx="2"/>`,
        text(right + 20, y + 2, "start", `${line.label}: ${seconds.toFixed(1)} s`),
      ];
    });
}

const TICK_STEPS = [1, 2, 5];

function ticksBetween(from: number, to: number): number[] {
  const ticks: number[] = [];
  for (let power = Math.floor(Math.log10(from)); power <= Math.ceil(Math.log10(to)); power += 1)
    for (const step of TICK_STEPS) ticks.push(Number((step * 10 ** power).toPrecision(1)));
  return ticks.filter((tick) => tick >= from && tick <= to);
}

function floorTick(seconds: number): number {
  return ticksBetween(seconds / 10, seconds).at(-1) ?? seconds;
}

function ceilingTick(seconds: number): number {
  return ticksBetween(seconds, seconds * 10)[0] ?? seconds;
}

type Point = readonly [x: number, y: number];

function stroke(name: string, [x1, y1]: Point, [x2, y2]: Point): string {
  return `<line class="${name}" x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}"/>`;
}

function text(x: number, y: number, anchor: "start" | "middle" | "end", content: string): string {
  return `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}">${escapeHtml(content)}</text>`;
}

function svg(height: number, parts: readonly string[]): string {
  return `<svg viewBox="0 0 ${WIDTH} ${height}" role="img">${parts.join("")}</svg>`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
