/** kubelet_terminated_containers_total: how containers ended, counted when the API is first told. */
import { Counter, type Registry } from "prom-client";
import { newTerminations, type Termination } from "../domain/terminations.js";
import type { PatchStatus, PodWriter } from "../ports/pods.js";

/** Reasons of a kubelet and of runtimes; the rest, which only a provider can bring, are one. */
const REASONS = new Set([
  "",
  "Completed",
  "ContainerCannotRun",
  "ContainerStatusUnknown",
  "Error",
  "Evicted",
  "OOMKilled",
  "StartError",
]);
const MOST_EXIT_CODE = 255;

/** The writer, with the ends that it tells of counted in the registry. */
export function countTerminations(writer: PodWriter, registry: Registry): PodWriter {
  const counter = new Counter({
    name: "kubelet_terminated_containers_total",
    help: "[ALPHA] Cumulative number of container terminations.",
    labelNames: ["container_type", "exit_code", "reason"],
    registers: [registry],
  });
  const counted =
    (patchStatus: PatchStatus): PatchStatus =>
    async (pod, from, to, signal) => {
      const result = await patchStatus(pod, from, to, signal);
      if (result.kind === "ok") for (const end of newTerminations(from, to)) counter.inc(labelsOf(end));
      return result;
    };
  const reserve = writer.reserve?.bind(writer);
  return {
    get: (pod, signal) => writer.get(pod, signal),
    delete: (pod, signal) => writer.delete(pod, signal),
    patchStatus: counted((...write) => writer.patchStatus(...write)),
    ...(reserve === undefined
      ? {}
      : {
          reserve: (...write) => {
            const turn = reserve(...write);
            return turn instanceof Promise ? turn.then(counted) : counted(turn);
          },
        }),
  };
}

function labelsOf({ containerType, exitCode, reason }: Termination): Record<string, string> {
  return {
    container_type: containerType,
    exit_code: exitCode >= 0 && exitCode <= MOST_EXIT_CODE ? String(exitCode) : "other",
    reason: REASONS.has(reason) ? reason : "Other",
  };
}
