// The figures as a table for people, the kubelet's ratios beside ours.

import type { Spread } from "../percentiles.js";
import { RATES, type RateFigures, type RateName, type StreamFigures, type TargetFigures } from "./figures.js";

const LABEL_WIDTH = 38;
const CELL_WIDTH = 18;
const LABELS: Readonly<Record<RateName, string>> = {
  "exec-output": "exec, output",
  "exec-input": "exec, input",
  "forward-echo": "port-forward, there and back",
  logs: "logs -f, lines that are there",
  "live-logs": "logs -f, lines as they come",
};

export function toTable(figures: StreamFigures): string[] {
  const { targets, comparison, machine, rounds, mebibytes, oneCore } = figures;
  const [before, after] = machine.load.map((load) => load.toFixed(1));
  const all = (cell: (target: TargetFigures) => string, ratio?: number): string[] => [
    ...targets.map(cell),
    ...(comparison === undefined ? [] : [ratio === undefined ? "" : ratio.toFixed(2)]),
  ];
  return [
    `${rounds} rounds, ${mebibytes} MiB per transfer${oneCore ? ", all programs on one core" : ""}, Node ${machine.node}`,
    `${machine.cpus} CPUs (${machine.cpuModel.trim()}), load before ${before}, after ${after}`,
    comparison === undefined
      ? "no real kubelet took part (see --kubelet-url): ours alone, no ratios"
      : `ratio: ${comparison.ours} / ${comparison.kubelet}`,
    "",
    row("", [...targets.map(({ name }) => name), ...(comparison === undefined ? [] : ["ratio"])]),
    ...startRows(all, figures),
    ...RATES.flatMap((name) => rateRows(name, all, figures)),
    row(
      "per waiting session, KiB, front",
      all(({ idle }) => idle.frontKiB.toFixed(0), comparison?.idleFront),
    ),
    row(
      "  back",
      all(({ idle }) => idle.backKiB?.toFixed(0) ?? "-"),
    ),
    row(
      "  sessions",
      all(({ idle }) => String(idle.sessions)),
    ),
    "(front: gateway or kubelet; back: provider with its shim, or container runtime)",
  ];
}

type Cells = (cell: (target: TargetFigures) => string, ratio?: number) => string[];

function startRows(all: Cells, { comparison }: StreamFigures): string[] {
  const ms = (spread: Spread, key: "p50" | "p99"): string => spread[key].toFixed(1);
  return [
    row(
      "exec to first output, ms, p50",
      all(({ startsOne }) => ms(startsOne.firstOutputMs, "p50"), comparison?.startsOneP50),
    ),
    row(
      "  p99",
      all(({ startsOne }) => ms(startsOne.firstOutputMs, "p99"), comparison?.startsOneP99),
    ),
    row(
      "  to verdict, p50",
      all(({ startsOne }) => ms(startsOne.verdictMs, "p50")),
    ),
    row(
      "fifty at once, ms, p50",
      all(({ startsFifty }) => ms(startsFifty.firstOutputMs, "p50"), comparison?.startsFiftyP50),
    ),
    row(
      "  p99",
      all(({ startsFifty }) => ms(startsFifty.firstOutputMs, "p99"), comparison?.startsFiftyP99),
    ),
    row(
      "  to verdict, p50",
      all(({ startsFifty }) => ms(startsFifty.verdictMs, "p50")),
    ),
  ];
}

function rateRows(name: RateName, all: Cells, { comparison }: StreamFigures): string[] {
  const isLines = name.endsWith("logs");
  const cell =
    (show: (rate: RateFigures) => string) =>
    (target: TargetFigures): string => {
      const rate = target.rates[name];
      return rate === undefined ? "-" : show(rate);
    };
  const speed = ({ perSecond }: RateFigures): string => (perSecond / (isLines ? 1e3 : 1e6)).toFixed(isLines ? 1 : 0);
  const [unit, amount] = isLines ? ["1000/s", "million lines"] : ["MB/s", "GB"];
  return [
    row(`${LABELS[name]}, ${unit}`, all(cell(speed), comparison?.perSecond[name])),
    row(
      `  CPU s per ${amount}, front`,
      all(
        cell(({ frontCpu }) => frontCpu.toFixed(2)),
        comparison?.frontCpu[name],
      ),
    ),
    row("  back", all(cell(({ backCpu }) => backCpu?.toFixed(2) ?? "-"))),
  ];
}

function row(label: string, cells: readonly string[]): string {
  return `${label.padEnd(LABEL_WIDTH)}${cells.map((cell) => cell.padStart(CELL_WIDTH)).join("")}`.trimEnd();
}
