/** What happens to pods in the backend by itself: containers start and end, pods end, all as the contract's provider tells it. */
import type { ContainerObservation, ContainerState, PodObservation } from "../../domain/observation.js";
import { kubeTime } from "../../domain/kube-time.js";
import { mayFollow } from "./rules.js";
import type { Rig } from "./rig.js";

/** The container starts, or starts again. */
export function run(rig: Rig, pod: PodObservation): void {
  if (pod.stage === "stopping" || pod.stage === "ended" || pod.needsInputs) return;
  const before = containerOf(pod);
  if (before.state.kind === "running") return;
  const restartCount = before.state.kind === "terminated" ? before.restartCount + 1 : before.restartCount;
  const state: ContainerState = { kind: "running", since: kubeTime(rig.clock.now()) };
  publish(rig, pod, "started", { ...before, ...lastOf(before), state, restartCount, containerId: `c${restartCount}` });
}

/** The container ends by itself; with it the pod, if nothing follows. */
export function exit(rig: Rig, pod: PodObservation, exitCode: number): void {
  const before = containerOf(pod);
  if (pod.stage === "ended" || before.state.kind !== "running") return;
  const goesOn = pod.stage !== "stopping" && mayFollow(rig.ledger.facts.get(pod.uid)?.policy, exitCode);
  publish(rig, pod, goesOn ? "started" : "ended", { ...ended(rig, before, exitCode), willRestart: goesOn });
}

/** A pod that was told to stop has stopped. */
export function endStopping(rig: Rig, pod: PodObservation): void {
  if (pod.stage !== "stopping") return;
  const before = containerOf(pod);
  publish(rig, pod, "ended", before.state.kind === "running" ? ended(rig, before, 143) : before);
}

/** The backend lost the pod and the provider can prove it. */
export function loseLoudly(rig: Rig, pod: PodObservation): void {
  if (pod.stage === "ended") return;
  const before = containerOf(pod);
  const container = before.state.kind === "running" ? ended(rig, before, undefined) : before;
  rig.backend.set(pod.uid, { stage: "ended", sandbox: "gone", cause: "backend-lost", containers: [container] });
}

function ended(rig: Rig, before: ContainerObservation, exitCode: number | undefined): ContainerObservation {
  const since = before.state.kind === "running" ? before.state.since : kubeTime(rig.clock.now());
  const state: ContainerState = {
    kind: "terminated",
    reason: "",
    message: "",
    containerId: before.containerId,
    since,
    until: kubeTime(rig.clock.now()),
    ...(exitCode === undefined ? {} : { exitCode }),
  };
  return { ...before, state };
}

/** The instance before, once there is another. */
function lastOf({ state }: ContainerObservation): Partial<ContainerObservation> {
  if (state.kind !== "terminated") return {};
  const { kind: _, ...lastTermination } = state;
  return { lastTermination };
}

function publish(rig: Rig, pod: PodObservation, stage: "started" | "ended", container: ContainerObservation): void {
  rig.backend.set(pod.uid, {
    stage: stage === "started" && pod.stage === "stopping" ? "stopping" : stage,
    sandbox: stage === "ended" ? "gone" : "ready",
    podIPs: ["10.0.0.9"],
    containers: [container],
  });
}

function containerOf({ containers }: PodObservation): ContainerObservation {
  return (
    containers[0] ?? {
      name: "c",
      kind: "main",
      state: { kind: "waiting", reason: "ContainerCreating", message: "" },
      willRestart: false,
      restartCount: 0,
      containerId: "",
      image: "i",
      imageId: "",
      mounts: [],
    }
  );
}
