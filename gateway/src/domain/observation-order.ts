/** Which observations may replace which before their status is written (law 8: container states are written in order). */
import type { ContainerObservation, PodObservation } from "./observation.js";

/**
 * True when writing only `next` hides nothing that `previous` had to show: no instance that ended in `previous` is replaced
 * by a later one, and the pod did not end as a whole while something was still to be shown.
 */
export function canMerge(previous: PodObservation, next: PodObservation): boolean {
  if (previous.epoch !== next.epoch) return true;
  return previous.containers.every((container) => keepsEnd(container, next));
}

function keepsEnd(container: ContainerObservation, { containers }: PodObservation): boolean {
  if (container.state.kind !== "terminated") return true;
  const next = containers.find((candidate) => candidate.name === container.name);
  return next?.state.kind === "terminated" && next.restartCount === container.restartCount;
}
