/** Which observations may replace which before their status is written (law 8: container states are written in order). */
import type { ContainerStatus, PodStatus } from "./kubernetes.js";
import type { ContainerObservation, PodObservation } from "./observation.js";

/** Reasons of a container that nothing was tried for yet. */
const UNTRIED: ReadonlySet<string> = new Set(["", "ContainerCreating", "PodInitializing"]);

/**
 * True when writing only `next` hides nothing that `previous` had to show: a sandbox that was just made, an instance that
 * runs, becomes ready or has ended, the ends that a pod came to by itself. What starts all at once shows no sandbox before. While a pod is stopped only its end is shown.
 * `shown` is what the API has: instances that it shows need not be shown again.
 */
export function canMerge(previous: PodObservation, next: PodObservation, shown?: PodStatus): boolean {
  if (previous.epoch !== next.epoch) return true;
  if (isJustMade(previous) && changesStates(previous, next) && !isUp(next)) return false;
  if (!keepsEnds(previous, next)) return false;
  if (previous.stage === "stopping" || next.stage === "stopping") return true;
  if (endsByItself(previous, next)) return false;
  return previous.containers.every((container) => keepsRun(container, next) || isRunShown(container, shown));
}

/** True if leaving `previous` out hides no end of an instance: all that must be kept where there are too many to keep. */
export function keepsEnds(previous: PodObservation, next: PodObservation): boolean {
  return previous.epoch !== next.epoch || previous.containers.every((container) => keepsEnd(container, next));
}

/** True if any container is in another state, or another instance is. */
export function changesStates(previous: PodObservation, next: PodObservation): boolean {
  return previous.containers.some((container) => {
    const after = find(next, container);
    return after !== undefined && stateOf(after) !== stateOf(container);
  });
}

function stateOf({ state, restartCount }: ContainerObservation): string {
  return `${state.kind} ${state.kind === "waiting" ? state.reason : ""} ${restartCount}`;
}

function isJustMade({ sandbox, containers }: PodObservation): boolean {
  return sandbox === "ready" && containers.every(({ state }) => state.kind === "waiting" && UNTRIED.has(state.reason));
}

/** True if all containers run that can run together: what came before lasted no time that anybody could see. */
function isUp({ containers }: PodObservation): boolean {
  return containers.every(({ kind, state }) => kind === "ephemeral" || state.kind === "running");
}

function keepsEnd(container: ContainerObservation, next: PodObservation): boolean {
  if (container.state.kind !== "terminated") return true;
  const after = find(next, container);
  return after?.state.kind === "terminated" && after.restartCount === container.restartCount;
}

function keepsRun(container: ContainerObservation, next: PodObservation): boolean {
  const after = find(next, container);
  if (container.state.kind !== "running" || after === undefined || after.state.kind === "unknown") return true;
  const isSame = stateOf(after) === stateOf(container);
  return isSame && after.ready === container.ready && after.started === container.started;
}

function isRunShown(container: ContainerObservation, shown: PodStatus = {}): boolean {
  const {
    initContainerStatuses: init = [],
    containerStatuses: main = [],
    ephemeralContainerStatuses: more = [],
  } = shown;
  const status = [...init, ...main, ...more].find(({ name }) => name === container.name);
  return status !== undefined && status.state?.running !== undefined && isSameRun(container, status);
}

function isSameRun(
  { kind, containerId, started = true, ready = true }: ContainerObservation,
  status: ContainerStatus,
): boolean {
  if (status.containerID?.endsWith(`://${containerId}`) !== true) return false;
  if (kind === "ephemeral") return true;
  return status.started === started && (kind === "init" || status.ready === (started && ready));
}

function endsByItself(previous: PodObservation, next: PodObservation): boolean {
  const isEnd = previous.stage !== "ended" && next.stage === "ended";
  return isEnd && previous.containers.some(({ state }) => state.kind === "terminated");
}

function find({ containers }: PodObservation, { name }: ContainerObservation): ContainerObservation | undefined {
  return containers.find((candidate) => candidate.name === name);
}
