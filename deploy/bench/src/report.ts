// The figures as a table for people.

import type { Figures, PhaseFigures, ProgramName } from "./figures.js";

const LABEL_WIDTH = 30;
const CELL_WIDTH = 9;
const EVENTS: ReadonlySet<string> = new Set(["create events", "patch events"]);

export function toTable(figures: Figures): string[] {
  const { pods, phases, machine } = figures;
  const [before, after] = machine.load.map((load) => load.toFixed(1));
  return [
    `${pods} pods, memory provider, Kubernetes ${machine.kubernetes}, Node ${machine.node}`,
    `${machine.cpus} CPUs (${machine.cpuModel.trim()}), load before ${before}, after ${after}`,
    "",
    row(
      "",
      phases.map(({ name }) => name),
    ),
    ...timeRows(phases, pods),
    "",
    ...cpuRows(phases, pods),
    "",
    row(
      "API requests of the gateway",
      phases.map(({ name }) => name),
    ),
    ...requestRows(phases, pods),
    "",
    row("resident memory, MiB", ["start", "all pods", "end", "peak"]),
    memoryRow(figures, "gateway"),
    memoryRow(figures, "provider"),
  ];
}

function timeRows(phases: readonly PhaseFigures[], pods: number): string[] {
  const spread = (key: "p50" | "p99"): string[] => phases.map(({ podMs }) => (podMs ? podMs[key].toFixed(0) : "-"));
  return [
    row(
      "seconds",
      phases.map(({ wallSeconds }) => wallSeconds.toFixed(1)),
    ),
    row(
      "pods per second",
      phases.map(({ podMs, wallSeconds }) => (podMs ? (pods / wallSeconds).toFixed(0) : "-")),
    ),
    row("ms of a pod, p50", spread("p50")),
    row("ms of a pod, p99", spread("p99")),
  ];
}

function cpuRows(phases: readonly PhaseFigures[], pods: number): string[] {
  const perPod = (program: ProgramName): string[] =>
    phases.map(({ name, cpuMs }) => (name === "idle" ? "-" : (cpuMs[program] / pods).toFixed(2)));
  const busy = (program: ProgramName): string[] =>
    phases.map(({ cpuMs, wallSeconds, name }) =>
      name === "idle" && wallSeconds > 0 ? `${(cpuMs[program] / wallSeconds / 10).toFixed(1)} %` : "-",
    );
  return [
    row("gateway CPU, ms per pod", perPod("gateway")),
    row("provider CPU, ms per pod", perPod("provider")),
    row("gateway CPU, of one core", busy("gateway")),
    row("provider CPU, of one core", busy("provider")),
  ];
}

/** All kinds that any phase has; create and delete per pod, idle in all. */
function requestRows(phases: readonly PhaseFigures[], pods: number): string[] {
  const kinds = [...new Set(phases.flatMap(({ requests }) => Object.keys(requests)))];
  const ordered = [...kinds.filter((kind) => !EVENTS.has(kind)), ...kinds.filter((kind) => EVENTS.has(kind))];
  const cells = (count: (phase: PhaseFigures) => number): string[] =>
    phases.map((phase) => (phase.name === "idle" ? String(count(phase)) : perPod(count(phase), pods)));
  const refused = phases.flatMap(({ name, refused }) =>
    Object.entries(refused).map(([what, count]) => `  refused in ${name}: ${count} times ${what}`),
  );
  return [
    ...ordered.map((kind) =>
      row(
        `  ${kind}`,
        cells(({ requests }) => requests[kind] ?? 0),
      ),
    ),
    row(
      "  together, without events",
      cells((phase) => sumWithoutEvents(phase)),
    ),
    ...refused,
    "  (create and delete: per pod; idle: in all)",
  ];
}

function sumWithoutEvents({ requests }: PhaseFigures): number {
  return Object.entries(requests).reduce((sum, [kind, count]) => sum + (EVENTS.has(kind) ? 0 : count), 0);
}

function perPod(count: number, pods: number): string {
  return count === 0 ? "0" : (count / pods).toFixed(2);
}

function memoryRow({ memoryMiB }: Figures, program: ProgramName): string {
  const { atStart, withPods, atEnd, peak } = memoryMiB[program];
  return row(
    `  ${program}`,
    [atStart, withPods, atEnd, peak].map((size) => size.toFixed(0)),
  );
}

function row(label: string, cells: readonly string[]): string {
  return `${label.padEnd(LABEL_WIDTH)}${cells.map((cell) => cell.padStart(CELL_WIDTH)).join("")}`.trimEnd();
}
