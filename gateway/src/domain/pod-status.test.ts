import { expect } from "chai";
import type { PodStatus } from "./kubernetes.js";
import type { Cause, ContainerState } from "./observation.js";
import { containerWith, observationWith, podWith } from "./pod.test.js";
import { podStatusPatch } from "./status-diff.js";
import { computeStatus, refusedStatus, type StatusInput } from "./pod-status.js";

const NOW = Date.parse("2026-01-01T00:01:00Z");
const base = { hostIPs: ["192.0.2.1"], runtimeName: "memory", now: NOW };

function statusOf(change: Partial<StatusInput> = {}): PodStatus {
  return computeStatus({ pod: podWith(), observation: observationWith(), ...base, ...change });
}

function condition(status: PodStatus, type: string) {
  return status.conditions?.find((each) => each.type === type);
}

const ended = {
  kind: "terminated",
  exitCode: 0,
  reason: "",
  message: "",
  containerId: "one",
  until: "2026-01-01T00:00:20Z",
} as const;

describe("computeStatus", () => {
  it("shows containers as waiting while the provider does not have the pod", () => {
    const status = statusOf({ observation: undefined });
    expect(status.phase).to.equal("Pending");
    expect(status.startTime).to.equal("2026-01-01T00:01:00Z");
    expect(status.containerStatuses?.[0]?.state).to.deep.equal({ waiting: { reason: "ContainerCreating" } });
    expect(condition(status, "PodReadyToStartContainers")?.message).to.equal("no pod sandbox exists");
  });

  it("says why nothing is there yet, if that is known", () => {
    const waiting = { reason: "OutOfCapacity", message: "no room" };
    expect(statusOf({ observation: undefined, waiting }).containerStatuses?.[0]?.state).to.deep.equal({ waiting });
  });

  it("keeps what it knew of a container that the provider says nothing of", () => {
    const before = statusOf();
    const silent = observationWith({ containers: [containerWith({ state: { kind: "unknown" } })] });
    expect(statusOf({ observation: silent, previous: before }).containerStatuses).to.deep.equal(
      before.containerStatuses,
    );
    expect(statusOf({ observation: observationWith({ containers: [] }), previous: before }).phase).to.equal("Running");
  });

  it("shows nothing of an ephemeral container that came when the pod had ended, but one that was there before", () => {
    const debug = { name: "d", image: "example.test/debug:1" };
    const has = (...names: readonly string[]) =>
      podWith({ ephemeralContainers: names.map((name) => ({ ...debug, name })) });
    const shown = ({ ephemeralContainerStatuses }: PodStatus) => ephemeralContainerStatuses?.map(({ name }) => name);
    const containers = [containerWith({ state: ended }), containerWith({ name: "d", kind: "ephemeral", state: ended })];
    const observation = observationWith({ stage: "ended", containers });
    const first = statusOf({ observation, pod: has("d") });
    expect(shown(first)).to.deep.equal(["d"]);
    const status = { ...first };
    const waiting = containerWith({
      name: "e",
      kind: "ephemeral",
      state: { kind: "waiting", reason: "", message: "" },
    });
    const later = observationWith({ ...observation, containers: [...containers, waiting] });
    expect(shown(statusOf({ observation: later, pod: { ...has("d", "e"), status }, previous: status }))).to.deep.equal([
      "d",
    ]);
  });

  it("shows an exit code that nobody knows as 137 ContainerStatusUnknown", () => {
    const { exitCode: _exitCode, ...unknown } = ended;
    const observation = observationWith({ containers: [containerWith({ state: unknown })] });
    expect(statusOf({ observation }).containerStatuses?.[0]?.state?.terminated).to.deep.equal({
      exitCode: 137,
      reason: "ContainerStatusUnknown",
      message: "The container could not be located when the pod was terminated",
      finishedAt: "2026-01-01T00:00:20Z",
      containerID: "memory://one",
    });
  });

  it("never lets a restart count fall", () => {
    const before = statusOf({ observation: observationWith({ containers: [containerWith({ restartCount: 3 })] }) });
    expect(statusOf({ previous: before }).containerStatuses?.[0]?.restartCount).to.equal(3);
  });

  it("cuts termination messages so that all of them fit into 12 KiB", () => {
    const pod = podWith({
      containers: [
        { name: "c", image: "i" },
        { name: "d", image: "i" },
      ],
    });
    const observation = observationWith({
      containers: [containerWith({ state: { ...ended, message: "é".repeat(5000) } })],
    });
    const message = statusOf({ pod, observation }).containerStatuses?.[0]?.state?.terminated?.message ?? "";
    expect(Buffer.byteLength(message)).to.equal(6144);
  });

  it("holds a terminal phase back until the pod has ended", () => {
    const pod = podWith({ restartPolicy: "Never" }, {}, { phase: "Running" });
    const containers = [containerWith({ state: ended })];
    const still = statusOf({ pod, observation: observationWith({ containers }) });
    expect(still.phase).to.equal("Running");
    expect(condition(still, "Ready")?.reason).to.equal("PodCompleted");
    expect(statusOf({ pod, observation: observationWith({ containers, stage: "ended" }) }).phase).to.equal("Succeeded");
  });

  it("never leaves a terminal phase, whatever the provider says", () => {
    const pod = podWith({}, {}, { phase: "Failed", reason: "Evicted", message: "gone" });
    const { phase, reason, message } = statusOf({ pod });
    expect({ phase, reason, message }).to.deep.equal({ phase: "Failed", reason: "Evicted", message: "gone" });
  });

  it("keeps the API's status of a pod that ended and that the provider no longer has", () => {
    const api = { phase: "Succeeded", reason: "x" };
    expect(statusOf({ pod: podWith({}, {}, api), observation: undefined })).to.equal(api);
  });

  const causes: readonly (readonly [Cause, string | undefined])[] = [
    ["user", undefined],
    ["orphan", undefined],
    ["deadline", "DeadlineExceeded"],
    ["evicted", "Evicted"],
    ["backend-reclaimed", "BackendReclaimed"],
    ["backend-lost", "BackendLost"],
    ["out-of-memory", "OOMKilled"],
    ["preempted", "Preempting"],
    ["start-rejected", "StartRejected"],
  ];
  for (const [cause, reason] of causes) {
    it(`ends a pod with cause ${cause} as ${reason ?? "its containers say"}`, () => {
      const observation = observationWith({ cause, stage: "ended", containers: [containerWith({ state: ended })] });
      const status = statusOf({ observation });
      expect(status.reason).to.equal(reason);
      expect(status.phase).to.equal(reason === undefined ? "Succeeded" : "Failed");
    });
  }

  it("tells a pod that never got room apart from other evictions", () => {
    const waiting = containerWith({
      containerId: "",
      state: { kind: "waiting", reason: "OutOfCapacity", message: "full" },
    });
    const observation = observationWith({ cause: "evicted", stage: "ended", containers: [waiting] });
    const { phase, reason, message } = statusOf({ observation });
    expect({ phase, reason, message }).to.deep.equal({ phase: "Failed", reason: "OutOfCapacity", message: "full" });
  });

  it("takes the provider's own reason for a failure of the whole pod", () => {
    const failure = { reason: "NodeLost", message: "the machine is gone" };
    const status = statusOf({ observation: observationWith({ failure, stage: "ended", cause: "backend-lost" }) });
    expect(status.reason).to.equal("NodeLost");
    expect(status.message).to.equal("the machine is gone");
  });

  it("fails a lost pod, with an end for what ran", () => {
    const pod = podWith({ restartPolicy: "Never" }, {}, statusOf());
    const status = statusOf({ pod, observation: undefined, lost: true });
    expect(status.phase).to.equal("Failed");
    expect(status.containerStatuses?.[0]?.state?.terminated?.exitCode).to.equal(137);
    expect(status.containerStatuses?.[0]?.ready).to.equal(false);
    expect(condition(status, "Ready")?.reason).to.equal("PodFailed");
    expect(condition(status, "PodReadyToStartContainers")?.status).to.equal("False");
  });

  it("lets a lost pod succeed whose containers had all succeeded", () => {
    const before = statusOf({ observation: observationWith({ containers: [containerWith({ state: ended })] }) });
    const pod = podWith({ restartPolicy: "Never" }, {}, { ...before, phase: "Running" });
    expect(statusOf({ pod, observation: undefined, lost: true }).phase).to.equal("Succeeded");
  });

  it("fails a pod that is deleted before anything started", () => {
    const pod = podWith({}, { deletionTimestamp: "2026-01-01T00:00:40Z" }, statusOf({ observation: undefined }));
    const status = statusOf({ pod, observation: undefined, terminal: true });
    expect(status.phase).to.equal("Failed");
    expect(status.reason).to.equal(undefined);
    expect(status.containerStatuses?.[0]?.state?.terminated?.reason).to.equal("ContainerStatusUnknown");
  });

  it("first shows what is left of a pod of which a container never ran, then its end, then nothing new", () => {
    const waiting = containerWith({
      state: { kind: "waiting", reason: "ErrImagePull", message: "x" },
      containerId: "",
    });
    const before = statusOf({ observation: observationWith({ containers: [waiting] }) });
    const observation = observationWith({ containers: [waiting], stage: "ended", sandbox: "gone" });
    const at = (status: PodStatus): PodStatus =>
      statusOf({ pod: podWith({}, { deletionTimestamp: "2026-01-01T00:00:40Z", generation: 2 }, status), observation });
    const left = at(before);
    expect(left).to.include({ phase: "Pending", observedGeneration: 2 });
    expect(left.containerStatuses?.[0]?.state).to.deep.equal({ waiting: { reason: "ContainerCreating" } });
    expect(condition(left, "PodReadyToStartContainers")?.message).to.equal("pod sandbox is not ready");
    const end = at(left);
    expect(end.phase).to.equal("Failed");
    expect(end.containerStatuses?.[0]?.state?.terminated?.reason).to.equal("ContainerStatusUnknown");
    expect(end.containerStatuses?.[0]?.lastState).to.deep.equal({});
    expect(condition(end, "Ready")?.reason).to.equal("ContainersNotReady");
    expect(podStatusPatch(end, at(end))).to.equal(undefined);
  });

  it("shows what containers waited for to the end where the node ends the pod, and that it has failed", () => {
    const waiting = { kind: "waiting", reason: "ImagePullBackOff", message: "x" } as const;
    const containers = [containerWith({ state: waiting, containerId: "" })];
    const change = { containers, cause: "deadline" } as const;
    const before = podWith({}, {}, statusOf({ observation: observationWith({ containers }) }));
    const observed = observationWith({ ...change, stage: "stopping", sandbox: "gone" });
    const stopping = statusOf({ pod: before, observation: observed });
    expect(condition(stopping, "PodReadyToStartContainers")?.status).to.equal("True");
    expect(stopping.phase).to.equal("Pending");
    expect(condition(stopping, "Ready")?.reason).to.equal("PodFailed");
    const observation = observationWith({ ...change, stage: "ended", sandbox: "gone" });
    const left = statusOf({ pod: podWith({}, {}, stopping), observation });
    expect(left).to.include({ phase: "Failed", reason: "DeadlineExceeded" });
    expect(left.containerStatuses?.[0]?.state?.waiting?.reason).to.equal("ImagePullBackOff");
    const end = statusOf({ pod: podWith({}, {}, left), observation });
    expect(end.containerStatuses?.[0]?.state?.terminated?.exitCode).to.equal(137);
  });

  it("changes nothing of an end that is stored but what others made of its conditions", () => {
    const observation = observationWith({ containers: [containerWith({ state: ended })], stage: "ended" });
    const stored = statusOf({ pod: podWith({ restartPolicy: "Never" }), observation });
    const deletion = { deletionTimestamp: "2026-01-01T00:00:40Z", generation: 2 };
    const pod = podWith({ restartPolicy: "Never" }, deletion, stored);
    expect(podStatusPatch(stored, statusOf({ pod, observation }))).to.equal(undefined);
    const verdict = { phase: "Failed", reason: "Evicted", message: "other words" } as const;
    expect(podStatusPatch(stored, statusOf({ pod, observation, verdict }))).to.equal(undefined);
    const conditions = (stored.conditions ?? []).map((each) =>
      each.type === "Ready" ? { ...each, status: "True" } : each,
    );
    const repaired = statusOf({ pod: { ...pod, status: { ...stored, conditions } }, observation });
    expect(condition(repaired, "Ready")?.status).to.equal("False");
  });

  it("loses no exit code of a container that was in back-off when the pod ended", () => {
    const { kind: _kind, ...crash } = { ...ended, exitCode: 7 };
    const state = { kind: "waiting", reason: "CrashLoopBackOff", message: "" } as const;
    const containers = [containerWith({ state, lastTermination: crash, restartCount: 2 })];
    const still = statusOf({ observation: observationWith({ containers }) });
    expect(still.containerStatuses?.[0]?.state?.waiting?.reason).to.equal("CrashLoopBackOff");
    const over = statusOf({ observation: observationWith({ containers, stage: "ended", cause: "evicted" }) });
    expect(over.containerStatuses?.[0]?.state?.terminated).to.include({ exitCode: 7, reason: "Error" });
  });

  it("never shows a container that ended for good as anything else again", () => {
    const done = statusOf({ observation: observationWith({ containers: [containerWith({ state: ended })] }) });
    const pod = podWith({ restartPolicy: "Never" }, {}, done);
    expect(statusOf({ pod }).containerStatuses).to.deep.equal(done.containerStatuses);
    const again = statusOf({
      pod: podWith({}, {}, done),
      observation: observationWith({ containers: [containerWith({ containerId: "two", restartCount: 1 })] }),
    });
    expect(again.containerStatuses?.[0]?.state?.running).not.to.equal(undefined);
    expect(again.containerStatuses?.[0]?.lastState?.terminated?.exitCode).to.equal(0);
  });

  it("shows a restart of all containers in its own condition, only where a rule may ask for it", () => {
    const rule = { action: "RestartAllContainers", exitCodes: { operator: "In", values: [42] } };
    const pod = podWith({
      containers: [{ name: "c", image: "i:1", restartPolicy: "Never", restartPolicyRules: [rule] }],
    });
    const asked = { ...ended, exitCode: 42 };
    const removed = { kind: "waiting", reason: "RestartingAllContainers", message: "" } as const;
    const conditions = [asked, removed].map((state) => {
      const containers = [containerWith({ state, willRestart: true })];
      return condition(statusOf({ pod, observation: observationWith({ containers }) }), "AllContainersRestarting");
    });
    expect(conditions[0]).to.include({ status: "True", reason: "RestartAllContainersStarted" });
    expect(conditions[1]).to.include({ status: "False" });
    expect(condition(statusOf(), "AllContainersRestarting")).to.equal(undefined);
  });

  it("leaves an init container ready that a restart of all containers has removed", () => {
    const rule = { action: "RestartAllContainers", exitCodes: { operator: "In", values: [42] } };
    const main = { name: "c", image: "i:1", restartPolicy: "Never", restartPolicyRules: [rule] };
    const pod = podWith({ containers: [main], initContainers: [{ name: "i", image: "i:1" }] });
    const seen = (state: ContainerState, previous?: PodStatus) => {
      const containers = [containerWith({ name: "i", kind: "init", state }), containerWith({})];
      return statusOf({ pod, previous, observation: observationWith({ containers }) });
    };
    const before = seen(ended);
    const removed = seen({ kind: "waiting", reason: "RestartingAllContainers", message: "" }, before);
    expect(removed.initContainerStatuses?.[0]?.ready).to.equal(true);
    const waiting = seen({ kind: "waiting", reason: "PodInitializing", message: "" }, removed);
    expect(waiting.initContainerStatuses?.[0]?.ready).to.equal(false);
  });

  it("keeps transition times of what did not change, and foreign conditions", () => {
    const foreign = { type: "example.com/gate", status: "True" };
    const before = statusOf({ now: NOW - 30_000 });
    const pod = podWith({}, {}, { ...before, conditions: [...(before.conditions ?? []), foreign] });
    const after = statusOf({ pod });
    expect(condition(after, "Ready")?.lastTransitionTime).to.equal("2026-01-01T00:00:30Z");
    expect(condition(after, "example.com/gate")).to.deep.equal(foreign);
  });

  it("keeps the pod's addresses, one of each family, the node's first", () => {
    const both = statusOf({ observation: observationWith({ podIPs: ["fd00::5", "10.1.0.5", "10.1.0.6"] }) });
    expect(both.podIPs).to.deep.equal([{ ip: "10.1.0.5" }, { ip: "fd00::5" }]);
    const gone = statusOf({
      previous: both,
      observation: observationWith({ podIPs: [], sandbox: "gone", stage: "ended" }),
    });
    expect(gone.podIPs).to.deep.equal(both.podIPs);
    expect(gone.podIP).to.equal("10.1.0.5");
    const v6 = statusOf({ hostIPs: ["fd00::1"], observation: observationWith({ podIPs: ["10.1.0.5", "fd00::5"] }) });
    expect(v6.podIPs?.[0]).to.deep.equal({ ip: "fd00::5" });
  });

  it("gives an end only to init containers that may have started", () => {
    const pod = podWith({ initContainers: ["a", "b", "c"].map((name) => ({ name, image: "i:1" })) });
    const waiting = { kind: "waiting", reason: "PodInitializing", message: "" } as const;
    const init = (name: string, change: object = {}) =>
      containerWith({ name, kind: "init", containerId: "", state: waiting, ...change });
    const main = containerWith({ containerId: "", state: waiting });
    const containers = [
      init("a", { containerId: "x", state: ended }),
      init("b", { containerId: "y", state: { kind: "running", since: "2026-01-01T00:00:00Z" } }),
      init("c"),
      main,
    ];
    const status = statusOf({ pod, observation: observationWith({ containers, stage: "ended" }) });
    expect(status.phase).to.equal("Failed");
    const codes = status.initContainerStatuses?.map(({ state }) => state?.terminated?.exitCode);
    expect(codes).to.deep.equal([0, 137, undefined]);
    expect(status.containerStatuses?.[0]?.state?.waiting?.reason).to.equal("PodInitializing");
  });

  it("gives pods on the host's network the host's address", () => {
    const status = statusOf({ pod: podWith({ hostNetwork: true }), observation: observationWith({ podIPs: [] }) });
    expect(status.podIPs).to.deep.equal([{ ip: "192.0.2.1" }]);
  });

  it("shows a failed resize with the provider's words", () => {
    const resize = { kind: "error", message: "no cgroup" } as const;
    const status = statusOf({ observation: observationWith({ resize }) });
    expect(condition(status, "PodResizeInProgress")).to.include({
      status: "True",
      reason: "Error",
      message: "no cgroup",
    });
  });

  it("shows DisruptionTarget once a pod has ended for others' sake", () => {
    const disruption = "the machine was taken back";
    expect(condition(statusOf({ disruption }), "DisruptionTarget")).to.equal(undefined);
    const over = statusOf({ disruption, observation: observationWith({ stage: "ended" }) });
    expect(condition(over, "DisruptionTarget")).to.include({ status: "True", reason: "TerminationByKubelet" });
  });
});

describe("refusedStatus", () => {
  it("says why and nothing of containers", () => {
    const status = refusedStatus(podWith(), { reason: "OutOfcpu", message: "too big" }, NOW);
    expect(status).to.deep.equal({
      observedGeneration: 1,
      phase: "Failed",
      reason: "OutOfcpu",
      message: "Pod was rejected: too big",
      conditions: [],
      startTime: "2026-01-01T00:01:00Z",
      qosClass: "BestEffort",
    });
  });
});
