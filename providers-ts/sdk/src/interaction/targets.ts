/** What an interaction asks for, checked against the observation before the provider is asked. */
import type { ContainerObservation, LogsRequest } from "@outboard/contract";
import type { Core } from "../core.js";
import { refuse } from "../errors.js";
import { knownPod } from "../pods/known.js";

interface Target {
  readonly uid: string;
  readonly container: string;
}

/** @throws StatusError POD, NOT_READY, CONTAINER, NOT_RUNNING unless the container runs. */
export function requireRunning(core: Core, target: Target): void {
  const found = findContainer(core, target);
  if (found?.state?.$case !== "running") throw refuse("NOT_RUNNING", `container ${target.container} does not run`);
}

/** @throws StatusError POD, NOT_READY, CONTAINER, NOT_RUNNING unless there is an instance to read from. */
export function requireLog(core: Core, request: LogsRequest): void {
  const found = findContainer(core, request);
  if (request.previous && found?.lastTermination === undefined) {
    throw refuse("CONTAINER", `container ${request.container} has no earlier instance`);
  }
  if (!request.previous && !hasStarted(found)) {
    throw refuse("NOT_RUNNING", `container ${request.container} has not started yet`);
  }
}

/** @throws StatusError POD, NOT_READY, CONTAINER. Undefined: the provider has not listed the containers yet. */
function findContainer(core: Core, { uid, container }: Target): ContainerObservation | undefined {
  const { containers } = knownPod(core, uid).observation;
  const found = containers.find(({ name }) => name === container);
  if (found === undefined && containers.length > 0) {
    throw refuse("CONTAINER", `the pod has no container ${container}`);
  }
  return found;
}

function hasStarted(container: ContainerObservation | undefined): boolean {
  if (container === undefined) return false;
  const { state, lastTermination } = container;
  if (lastTermination !== undefined) return true;
  return state?.$case === "running" || (state?.$case === "terminated" && state.value.since !== undefined);
}
