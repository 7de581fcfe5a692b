/** What an interaction asks for, checked against the observation before the provider is asked. */
import { type ContainerObservation, type LogsRequest, PodStage, SandboxState } from "@outboard/contract";
import type { Core } from "../core.js";
import { refuse } from "../errors.js";
import { knownPod } from "../pods/known.js";

interface Target {
  readonly uid: string;
  readonly container: string;
}

/**
 * Passes a container that runs, or of which the observation says nothing: then the provider knows.
 * @throws StatusError POD, NOT_READY, CONTAINER, NOT_RUNNING.
 */
export function requireRunning(core: Core, target: Target): void {
  const { state } = findContainer(core, target);
  if (state !== undefined && state.$case !== "running") {
    throw refuse("NOT_RUNNING", `container ${target.container} does not run`);
  }
}

/** @throws StatusError POD, NOT_READY, CONTAINER, NOT_RUNNING unless there may be an instance to read from. */
export function requireLog(core: Core, request: LogsRequest): void {
  const { state, lastTermination } = findContainer(core, request);
  if (state === undefined || lastTermination !== undefined) return;
  if (request.previous) throw refuse("CONTAINER", `container ${request.container} has no earlier instance`);
  if (state.$case === "waiting" || (state.$case === "terminated" && state.value.since === undefined)) {
    throw refuse("NOT_RUNNING", `container ${request.container} has not started yet`);
  }
}

/** @throws StatusError POD, NOT_READY, NOT_RUNNING when the pod has no network any more. */
export function requireNetwork(core: Core, uid: string): void {
  const { stage, sandbox } = knownPod(core, uid).observation;
  if (stage === PodStage.ENDED || sandbox === SandboxState.GONE) {
    throw refuse("NOT_RUNNING", "the pod has no network now");
  }
}

/** What is observed of the container; nothing where a started pod does not list its containers. */
function findContainer(core: Core, { uid, container }: Target): Observed {
  const { containers, stage } = knownPod(core, uid).observation;
  const found = containers.find(({ name }) => name === container);
  if (found !== undefined) return found;
  if (containers.length > 0) throw refuse("CONTAINER", `the pod has no container ${container}`);
  if (stage === PodStage.ACCEPTED || stage === PodStage.PREPARING) {
    throw refuse("NOT_RUNNING", `container ${container} has not started yet`);
  }
  return {};
}

type Observed = Pick<ContainerObservation, "state" | "lastTermination">;
