// The figures as a table for people.

import type { Ratios, Series, StartFigures, StartResult } from "./figures.js";

const LABEL_WIDTH = 22;
const CELL_WIDTH = 11;
/** What a pod may take of the time that the runtime alone takes. */
const AIM = 1.25;

export function toTable({ results, machine }: StartFigures): string[] {
  const [before, after] = machine.load.map((load) => load.toFixed(1));
  return [
    `created to Running, Kubernetes ${machine.kubernetes}, Node ${machine.node}`,
    `${machine.cpus} CPUs (${machine.cpuModel.trim()}), load before ${before}, after ${after}`,
    ...results.flatMap(resultRows),
  ];
}

function resultRows({ runtime, version, pods, rounds, series, ratios }: StartResult): string[] {
  const parts = ["order", "sandbox", "container", "show"] as const;
  return [
    "",
    `${runtime} (${version}), ${pods} at once, ${rounds} rounds; milliseconds`,
    row("", ["p50", "p99", "until all", ...parts]),
    ...series.map((one) => seriesRow(one, parts)),
    ...ratios.map(ratioRow),
    ...series.flatMap(requestsRow),
  ];
}

function requestsRow({ contender, requests }: Series): string[] {
  if (requests === undefined) return [];
  const [pods, events] = [requests.pods.toFixed(2), requests.events.toFixed(2)];
  return [`${contender}: ${pods} API requests per pod, create and delete, and ${events} events`];
}

function seriesRow({ contender, podMs, untilAllMs, parts }: Series, names: readonly (keyof Series["parts"])[]): string {
  const times = [podMs.p50, podMs.p99, untilAllMs, ...names.map((name) => parts[name])];
  return row(
    contender,
    times.map((ms) => ms.toFixed(0)),
  );
}

function ratioRow({ by, p50, p99, untilAll }: Ratios): string {
  const ratios = [p50, p99, untilAll];
  const verdict = ratios.every((ratio) => ratio <= AIM) ? "met" : "missed";
  return `${row(
    `outboard / ${by}`,
    ratios.map((ratio) => ratio.toFixed(2)),
  )}   aim ${AIM}: ${verdict}`;
}

function row(label: string, cells: readonly string[]): string {
  return `${label.padEnd(LABEL_WIDTH)}${cells.map((cell) => cell.padStart(CELL_WIDTH)).join("")}`.trimEnd();
}
