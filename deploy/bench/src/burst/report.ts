// The figures as tables for people: ratios first. The same rows make the page.

import type { PhaseFigures } from "../figures.js";
import type { BurstFigures, BurstPhase, LoopDelay, NodesFigures, RestartFigures, TurnFigures } from "./figures.js";
import { addRequests, classOf, perPod } from "./requests.js";
import { judge, type Verdict } from "./targets.js";

export interface Table {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export function toTables(figures: BurstFigures): Table[] {
  const { mode, turns, restart, nodes } = figures;
  return [
    ...(mode === "peers" ? [verdictTable(judge(turns))] : []),
    ...(restart === undefined ? [] : [restartTable(restart)]),
    ...(nodes === undefined ? [] : [nodesTable(nodes)]),
    ...(mode === "scale" ? [growthTable(turns), portTable(turns)] : []),
    ...(turns.length === 0 ? [] : [timeTable(turns), costTable(turns), requestTable(turns)]),
  ];
}

/** One line each, for a terminal. */
export function toText(figures: BurstFigures): string[] {
  return [...headLines(figures), ...toTables(figures).flatMap((table) => ["", ...textOf(table)])];
}

export function headLines({ machine, scheduler, token, mode }: BurstFigures): string[] {
  const [before, after] = machine.load.map((load) => load.toFixed(1));
  const placed = scheduler ? "through the scheduler" : "bound by nodeName";
  return [
    `burst, pods ${placed}, ${token ? "with" : "without"} a token; memory provider; Kubernetes ${machine.kubernetes}, Node ${machine.node}`,
    ...(mode === "peers"
      ? [
          `lifted, stock: virtual-kubelet ${machine.peer}; floor: the least that an agent can do, no provider and no logic`,
        ]
      : []),
    `${machine.cpus} CPUs (${machine.cpuModel.trim()}), load before ${before}, after ${after}`,
  ];
}

function verdictTable(verdicts: readonly Verdict[]): Table {
  return {
    title: "ratios",
    head: ["", "value", "aim", "", "ours / theirs"],
    rows: verdicts.map(({ what, value, unit, aim, isMet, of }) => [
      what,
      `${value.toFixed(2)} ${unit}`.trim(),
      aim,
      isMet ? "met" : "MISSED",
      of,
    ]),
  };
}

function timeTable(turns: readonly TurnFigures[]): Table {
  return {
    title: "times (p50 and p99 of a pod in ms; audit: by the API server's log)",
    head: [
      "",
      "pods",
      "pods/s",
      "p50",
      "p99",
      "all Running s",
      "audit pods/s",
      "audit p50",
      "audit p99",
      "delete s",
      "p50",
      "p99",
      "watch reopened",
    ],
    rows: turns.map((turn) => [nameOf(turn), String(turn.pods), ...timeCells(turn)]),
  };
}

function timeCells({ create, remove, watchReopened }: TurnFigures): string[] {
  const { audit } = create;
  return [
    fixed(create.podsPerSecond, 0),
    fixed(create.podMs?.p50, 0),
    fixed(create.podMs?.p99, 0),
    fixed(create.wallSeconds, 2),
    fixed(audit?.podsPerSecond, 0),
    fixed(audit?.podMs.p50, 0),
    fixed(audit?.podMs.p99, 0),
    fixed(remove.wallSeconds, 2),
    fixed(remove.podMs?.p50, 0),
    fixed(remove.podMs?.p99, 0),
    String(watchReopened),
  ];
}

function costTable(turns: readonly TurnFigures[]): Table {
  return {
    title: "CPU, ms per pod; memory, MiB: resident before, with all pods, peak; event loop late while creating, ms",
    head: [
      "",
      "create gateway",
      "provider",
      "both",
      "delete gateway",
      "provider",
      "before",
      "with pods",
      "peak",
      "provider peak",
      "loop p50",
      "p99",
      "max",
    ],
    rows: turns.map((turn) => [nameOf(turn), ...cpuCells(turn), ...memoryCells(turn), ...loopCells(turn.loopDelay)]),
  };
}

function cpuCells({ create, remove, pods, memoryMiB }: TurnFigures): string[] {
  const hasProvider = memoryMiB.provider !== undefined;
  const provider = (phase: BurstPhase): string => (hasProvider ? fixed(phase.cpuMs.provider / pods, 2) : "-");
  return [
    fixed(create.cpuMs.gateway / pods, 2),
    provider(create),
    fixed((create.cpuMs.gateway + create.cpuMs.provider) / pods, 2),
    fixed(remove.cpuMs.gateway / pods, 2),
    provider(remove),
  ];
}

function memoryCells({ memoryMiB: { gateway, provider } }: TurnFigures): string[] {
  return [gateway.atStart, gateway.withPods, gateway.peak, provider?.peak].map((size) => fixed(size, 0));
}

function loopCells(delay: LoopDelay | undefined): string[] {
  return [delay?.p50Ms, delay?.p99Ms, delay?.maxMs].map((ms) => fixed(ms, 1));
}

/** A column per turn, a row per kind of request; create and delete together. */
function requestTable(turns: readonly TurnFigures[]): Table {
  const phases = ({ create, remove }: TurnFigures): readonly PhaseFigures[] => [create, remove];
  const kinds = [...addRequests(turns.flatMap(phases)).keys()];
  const sum = (label: string, wanted: ReturnType<typeof classOf>): string[] => [
    label,
    ...turns.map((turn) => fixed(perPod(phases(turn), turn.pods, wanted), 2)),
  ];
  const each = (wanted: ReturnType<typeof classOf>): string[][] =>
    kinds
      .filter((kind) => classOf(kind) === wanted)
      .map((kind) => [
        `  ${kind}`,
        ...turns.map((turn) => fixed((addRequests(phases(turn)).get(kind) ?? 0) / turn.pods, 2)),
      ]);
  return {
    title: "API requests per pod, create and delete",
    head: ["", ...turns.map(nameOf)],
    rows: [
      sum("about pods", "pods"),
      ...each("pods"),
      sum("events", "events"),
      sum("node, leases, watches", "node"),
      ...refusedRows(turns),
    ],
  };
}

/** In all, not per pod. */
function refusedRows(turns: readonly TurnFigures[]): string[][] {
  const refused = (turn: TurnFigures): ReadonlyMap<string, number> =>
    addRequests([turn.create, turn.remove].map((phase) => ({ requests: phase.refused })));
  const kinds = [...new Set(turns.flatMap((turn) => [...refused(turn).keys()]))];
  return kinds.map((kind) => [
    `  refused, in all: ${kind}`,
    ...turns.map((turn) => String(refused(turn).get(kind) ?? 0)),
  ]);
}

/** What each pod more costs, from one size to the next. */
function growthTable(turns: readonly TurnFigures[]): Table {
  return {
    title: "growth: CPU ms and resident KiB of the gateway for each pod more, from the size before",
    head: ["pods", "create CPU", "delete CPU", "resident with pods", "peak", "loop p99 ms"],
    rows: turns.slice(1).flatMap((turn, index) => {
      const before = turns[index];
      if (before === undefined) return [];
      const more = (figure: (turn: TurnFigures) => number): number =>
        (figure(turn) - figure(before)) / (turn.pods - before.pods);
      return [
        [
          `${before.pods} → ${turn.pods}`,
          fixed(
            more(({ create }) => create.cpuMs.gateway),
            2,
          ),
          fixed(
            more(({ remove }) => remove.cpuMs.gateway),
            2,
          ),
          fixed(more(({ memoryMiB }) => memoryMiB.gateway.withPods) * 1024, 1),
          fixed(more(({ memoryMiB }) => memoryMiB.gateway.peak) * 1024, 1),
          fixed(turn.loopDelay?.p99Ms, 1),
        ],
      ];
    }),
  };
}

/** Resident memory with all pods was read before these answers; its peak counts them. */
function portTable(turns: readonly TurnFigures[]): Table {
  return {
    title: "the kubelet port with all pods: one answer each, and how late the event loop was meanwhile, ms",
    head: ["pods", "", "KiB", "ms", "CPU ms", "loop p99", "max"],
    rows: turns.flatMap(({ pods, port = [] }) =>
      port.map(({ path, bytes, ms, cpuMs, loopDelay }) => [
        String(pods),
        path,
        fixed(bytes / 1024, 0),
        fixed(ms, 0),
        fixed(cpuMs, 0),
        fixed(loopDelay.p99Ms, 0),
        fixed(loopDelay.maxMs, 0),
      ]),
    ),
  };
}

const SETTLED_SECONDS = 15;

function restartTable(restart: RestartFigures): Table {
  const { pods, readySeconds, newPodSeconds, lastRequestSeconds, settledSeconds } = restart;
  const verdict =
    settledSeconds <= SETTLED_SECONDS && restart.recreated === 0 && restart.rewritten === 0 ? "met" : "MISSED";
  return {
    title: `gateway killed and started anew with ${pods} pods; seconds from the start of the program`,
    head: ["", "value", "aim", ""],
    rows: [
      ["settled", fixed(settledSeconds, 1), `≤ ${SETTLED_SECONDS}, no pod touched`, verdict],
      ["  says that it is ready", fixed(readySeconds, 1), "", ""],
      ["  a new pod Running", fixed(newPodSeconds, 1), "", ""],
      ["  last request about the pods of before", fixed(lastRequestSeconds, 1), "", ""],
      ["pods created anew", String(restart.recreated), "0", ""],
      ["pods whose status was written", String(restart.rewritten), "0", ""],
      ["CPU seconds, requests in all", fixed(restart.cpuMs / 1000, 1), "", ""],
      ...Object.entries(restart.requests).map(([what, count]) => [`  ${what}`, String(count), "", ""]),
    ],
  };
}

function nodesTable({ nodes, podsPerNode, create, remove, ...rest }: NodesFigures): Table {
  const pods = nodes * podsPerNode;
  const row = (what: string, value: string): string[] => [what, value];
  return {
    title: `${nodes} nodes with ${podsPerNode} pods each, at once`,
    head: ["", "value"],
    rows: [
      row("pods/s, created until Running", fixed(create.podsPerSecond, 0)),
      row("  by audit log", fixed(create.audit?.podsPerSecond, 0)),
      row("created to Running, ms, p50 / p99", `${fixed(create.podMs?.p50, 0)} / ${fixed(create.podMs?.p99, 0)}`),
      row("deleted until all gone, s", fixed(remove.wallSeconds, 1)),
      row("gateways' CPU, ms per pod, create / delete", perPodCells(create, remove, pods, "gateway")),
      row("providers' CPU, ms per pod, create / delete", perPodCells(create, remove, pods, "provider")),
      row(
        "gateway's peak, MiB, median / most",
        `${fixed(rest.gatewayPeakMiB.median, 0)} / ${fixed(rest.gatewayPeakMiB.max, 0)}`,
      ),
      row(
        "provider's peak, MiB, median / most",
        `${fixed(rest.providerPeakMiB.median, 0)} / ${fixed(rest.providerPeakMiB.max, 0)}`,
      ),
      row(
        "the latest event loop, ms, p99 / most",
        `${fixed(rest.worstLoopDelay?.p99Ms, 1)} / ${fixed(rest.worstLoopDelay?.maxMs, 1)}`,
      ),
      row("requests per pod, without events", fixed(perPod([create, remove], pods), 2)),
    ],
  };
}

function perPodCells(create: BurstPhase, remove: BurstPhase, pods: number, name: "gateway" | "provider"): string {
  return `${fixed(create.cpuMs[name] / pods, 2)} / ${fixed(remove.cpuMs[name] / pods, 2)}`;
}

export function nameOf({ contender, round, pods }: TurnFigures): string {
  return `${contender} ${pods}${round > 1 ? ` (${round})` : ""}`;
}

function fixed(value: number | undefined, digits: number): string {
  return value === undefined || Number.isNaN(value) ? "-" : value.toFixed(digits);
}

const GAP = "  ";

function textOf({ title, head, rows }: Table): string[] {
  const widths = head.map((cell, column) => Math.max(cell.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join(GAP)
      .trimEnd();
  return [title, line(head), ...rows.map(line)];
}
