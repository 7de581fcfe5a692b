/** Every status that a real kubelet wrote must follow from the facts that a provider would have reported then. */
import { expect } from "chai";
import { sameStatuses } from "./container-statuses.js";
import { defined } from "./defined.js";
import { type GoldenLine, goldenCases, goldenLines, goldenPod } from "./golden.test.js";
import type { ContainerStatus, Pod, PodStatus, TerminatedStatus } from "./kubernetes.js";
import type { ContainerObservation, PodObservation, Sandbox, Terminated } from "./observation.js";
import { isTerminalPhase } from "./pod-phase.js";
import { podStatusPatch } from "./status-diff.js";
import { computeStatus, refusedStatus, type StatusInput } from "./pod-status.js";

/** Lines that no single write of ours shows, by case: what they are is said beside them. */
const SKIPPED: Readonly<Record<string, (line: GoldenLine) => boolean>> = {
  // A controller takes back at once what another said of a disruption.
  "conditions-of-others": (line) => line.status.conditions?.some(({ type }) => type === "DisruptionTarget") === true,
  // The pod's own cgroup is half gone when the kubelet reads it for the last time.
  "resize-infeasible": (line) => line.status.phase === "Succeeded",
};

describe("computeStatus against a real kubelet", () => {
  for (const name of goldenCases()) {
    const steps = stepsOf(name);
    if (steps.length === 0) continue;
    it(`writes what the kubelet wrote in ${name}`, () => {
      for (const { input, line } of steps) {
        const wanted = input === undefined ? refused(name, line) : computeStatus(input);
        expect(normal(wanted, input?.pod.status)).to.deep.equal(normal(line.status, input?.pod.status));
        if (input !== undefined && !isOpen(line.status)) expectNothingNew(input, wanted);
      }
    });
  }
});

/** What is shown once is not said in other words the next time. */
function expectNothingNew(input: StatusInput, shown: PodStatus): void {
  const again = computeStatus({ ...input, pod: { ...input.pod, status: shown } });
  expect(podStatusPatch(shown, again)).to.equal(undefined);
}

/** The pod has failed, and the end of a container that never ran follows. */
function isOpen(status: PodStatus): boolean {
  return status.phase === "Failed" && waits(status) && !isInitFailed(status);
}

function isInitFailed({ initContainerStatuses = [] }: PodStatus): boolean {
  return initContainerStatuses.some(({ state }) => state?.terminated !== undefined);
}

/** Without what others write. */
function ours(status: PodStatus): unknown {
  return { ...status, conditions: status.conditions?.filter(({ type }) => !type.includes("/")) ?? [] };
}

interface Step {
  readonly line: GoldenLine;
  /** Absent: a refusal. */
  readonly input: StatusInput | undefined;
}

function stepsOf(name: string): readonly Step[] {
  const created = goldenPod(name);
  const lines = goldenLines(name).filter((line) => line.name === undefined);
  return lines.flatMap((line, index): readonly Step[] => {
    const before = lines[index - 1]?.status ?? {};
    const same = JSON.stringify(ours(line.status)) === JSON.stringify(ours(before));
    const byKubelet = line.status.observedGeneration === line.generation;
    if (same || !byKubelet || SKIPPED[name]?.(line) === true) return [];
    if (line.status.message?.startsWith("Pod was rejected") === true) return [{ line, input: undefined }];
    const input = inputOf(created, before, line);
    const last = lines.at(-1)?.status ?? {};
    const stopping = last.reason === "Evicted" && sameStatuses(before, line.status);
    const observation: PodObservation = stopping ? { ...input.observation, stage: "stopping" } : input.observation;
    return [{ line, input: { ...input, observation, verdict: verdictOf(line.status, last) } }];
  });
}

function inputOf(
  created: Pod,
  before: PodStatus,
  line: GoldenLine,
): StatusInput & { readonly observation: PodObservation } {
  const { status } = line;
  const foreign = status.conditions?.filter(({ type }) => type.includes("/")) ?? [];
  const own = before.conditions?.filter(({ type }) => !type.includes("/")) ?? [];
  const deleting = line.deletionTimestamp === undefined ? {} : { deletionTimestamp: line.deletionTimestamp };
  const pod: Pod = {
    ...created,
    metadata: { ...created.metadata, generation: line.generation, ...deleting },
    spec: specAt(created, line),
    status: { ...before, conditions: [...own, ...foreign] },
  };
  const times = (status.conditions ?? []).map(({ lastTransitionTime }) => Date.parse(lastTransitionTime ?? ""));
  return {
    pod,
    observation: observationOf(pod, status),
    hostIPs: ["10.200.0.1"],
    runtimeName: "containerd",
    now: Math.max(...times.filter((time) => !Number.isNaN(time))),
  };
}

/** A deadline or an eviction is decided before it shows; its words come with the last line. */
function verdictOf(status: PodStatus, last: PodStatus): StatusInput["verdict"] {
  const { reason = "", message = "" } = last;
  const failed = status.conditions?.some((condition) => condition.reason === "PodFailed") === true;
  return failed && reason !== "" ? { phase: "Failed", reason, message } : undefined;
}

/** What was patched into the spec after the creation shows in the status only. */
function specAt(created: Pod, line: GoldenLine): Pod["spec"] {
  const { ephemeralContainerStatuses: ephemeral, containerStatuses = [] } = line.status;
  const containers = created.spec.containers.map((container) => {
    const shown = containerStatuses.find(({ name }) => name === container.name);
    if (shown?.allocatedResources === undefined) return container;
    const requests = shown.allocatedResources;
    const resources = shown.state?.running === undefined ? shown.resources : container.resources;
    return { ...container, resources: { ...resources, requests } };
  });
  return {
    ...created.spec,
    containers,
    ...(ephemeral === undefined ? {} : { ephemeralContainers: ephemeral.map(({ name, image }) => ({ name, image })) }),
  };
}

function observationOf(pod: Pod, status: PodStatus): PodObservation {
  const init = pod.spec.initContainers ?? [];
  const kindOf = (name: string): ContainerObservation["kind"] => {
    const container = init.find((each) => each.name === name);
    return container === undefined ? "main" : container.restartPolicy === "Always" ? "sidecar" : "init";
  };
  return {
    uid: pod.metadata.uid,
    namespace: pod.metadata.namespace,
    name: pod.metadata.name,
    epoch: "e",
    revision: 1n,
    specRevision: 1n,
    specDigest: "",
    inputVersion: 1n,
    backendId: "b",
    stage: isTerminalPhase(status.phase)
      ? "ended"
      : pod.metadata.deletionTimestamp === undefined
        ? "started"
        : "stopping",
    sandbox: sandboxOf(status),
    podIPs: (status.podIPs ?? []).flatMap(({ ip }) => (ip === undefined ? [] : [ip])),
    hostIPs: [],
    observedAt: "2026-01-01T00:00:00Z",
    needsInputs: false,
    ...(status.conditions?.some(({ type }) => type === "PodResizeInProgress") === true
      ? { resize: { kind: "in-progress" as const } }
      : {}),
    containers: [
      ...(status.initContainerStatuses ?? []).map((each) => containerOf(each, kindOf(each.name))),
      ...(status.containerStatuses ?? []).map((each) => containerOf(each, kindOf(each.name))),
      ...(status.ephemeralContainerStatuses ?? []).map((each) => containerOf(each, "ephemeral")),
    ],
  };
}

function sandboxOf(status: PodStatus): Sandbox {
  const condition = status.conditions?.find(({ type }) => type === "PodReadyToStartContainers");
  if (condition?.status === "True") return "ready";
  return condition?.message === "no pod sandbox exists" ? "none" : "gone";
}

function containerOf(status: ContainerStatus, kind: ContainerObservation["kind"]): ContainerObservation {
  const last = status.lastState?.terminated;
  const { resources, user, started, ready } = status;
  const runs = status.state?.running !== undefined;
  return defined({
    name: status.name,
    kind,
    state: stateOf(status),
    willRestart: false,
    lastTermination: last === undefined ? undefined : endOf(last),
    restartCount: status.restartCount,
    containerId: bare(status.containerID),
    image: status.imageID === "" ? "" : status.image,
    imageId: status.imageID,
    started: runs ? started : undefined,
    ready: runs && kind !== "init" ? ready : undefined,
    user: user?.linux === undefined ? undefined : { supplementalGroups: [], ...user.linux },
    mounts: [],
    resources: resources === undefined ? undefined : { requests: {}, limits: {}, ...resources },
  });
}

function stateOf({ state, containerID }: ContainerStatus): ContainerObservation["state"] {
  if (state?.running?.startedAt !== undefined) return { kind: "running", since: state.running.startedAt };
  if (state?.terminated !== undefined && containerID !== undefined) {
    return { kind: "terminated", ...endOf(state.terminated) };
  }
  return { kind: "waiting", reason: state?.waiting?.reason ?? "", message: state?.waiting?.message ?? "" };
}

function endOf(ended: TerminatedStatus): Terminated {
  const { exitCode, signal, reason = "", message = "", startedAt, finishedAt, containerID } = ended;
  return {
    exitCode,
    ...(signal === undefined ? {} : { signal }),
    reason,
    message,
    ...(startedAt ? { since: startedAt } : {}),
    ...(finishedAt ? { until: finishedAt } : {}),
    containerId: bare(containerID),
  };
}

function bare(id: string | undefined): string {
  return id?.replace("containerd://", "") ?? "";
}

function waits(status: PodStatus): boolean {
  return status.containerStatuses?.some(({ state }) => state?.waiting !== undefined) === true;
}

function refused(name: string, line: GoldenLine): PodStatus {
  const { reason = "", message = "", startTime = "" } = line.status;
  const pod = goldenPod(name);
  const prefix = "Pod was rejected: ";
  return refusedStatus(pod, { reason, message: message.slice(prefix.length) }, Date.parse(startTime));
}

/** Conditions by type, with their time as kept or new; no nulls; without what cgroup v1 makes of "no limit". */
function normal(status: PodStatus, before: PodStatus | undefined): unknown {
  const conditions = (status.conditions ?? []).map((condition) => {
    const old = before?.conditions?.find(({ type }) => type === condition.type);
    const kept = old?.lastTransitionTime === condition.lastTransitionTime;
    return { ...condition, lastTransitionTime: kept ? "kept" : "new" };
  });
  const whole = conditions.length === 0 ? status : { ...status, conditions: sorted(conditions) };
  const text = JSON.stringify(
    { ...whole, ...(conditions.length === 0 ? { conditions: [] } : {}) },
    (_key, value: unknown) => (value === null || value === "9007199254740988Ki" ? undefined : value),
  );
  return JSON.parse(text.replaceAll(/"resources":\{"limits":\{\},?/g, '"resources":{'));
}

function sorted(conditions: readonly { readonly type: string }[]): readonly unknown[] {
  return conditions.toSorted((a, b) => a.type.localeCompare(b.type));
}
