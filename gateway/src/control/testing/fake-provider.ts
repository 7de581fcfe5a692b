/** FAKE of a provider behind the control port: keeps the contract's rules for the life of a pod; tests move its pods by hand. */
import type { ContainerObservation, ContainerState, PodObservation, Stage } from "../../domain/observation.js";
import type { PodInputs } from "../../domain/inputs.js";
import {
  type CreateOrder,
  type ProviderControl,
  ProviderError,
  type ProviderEventMessage,
  type StopReason,
  type UpdateOrder,
} from "../../ports/provider.js";

/** A call that was made. */
export interface ProviderCall {
  readonly name: string;
  readonly uid: string;
  readonly grace?: number;
  readonly reason?: StopReason;
  readonly order?: CreateOrder | UpdateOrder;
  readonly inputs?: PodInputs;
  readonly inputVersion?: bigint;
}

/** The fake. */
export class FakeProvider implements ProviderControl {
  readonly pods: Map<string, PodObservation> = new Map();
  readonly tombstones: Set<string> = new Set();
  readonly calls: ProviderCall[] = [];
  /** Set: every call is refused with it. */
  refusal: ProviderError | undefined;
  /** Calls are done, their answers lost. */
  loseAnswers = false;
  /** False: the inventory is not complete, so that nothing can be said of pods that are not known. */
  complete = true;
  epoch = "e1";
  /** Stopped in this process's life. */
  readonly #stopped = new Set<string>();
  readonly #tell: (message: ProviderEventMessage) => void;
  /** Last revisions of this epoch: they rise per UID, even if the backend loses a pod in between. */
  readonly #revisions = new Map<string, bigint>();

  constructor(tell: (message: ProviderEventMessage) => void) {
    this.#tell = tell;
  }

  named(name: string): readonly ProviderCall[] {
    return this.calls.filter((call) => call.name === name);
  }

  async createPod(order: CreateOrder): Promise<void> {
    this.#begin({ name: "create", uid: order.uid, order });
    if (this.tombstones.has(order.uid)) throw new ProviderError("tombstoned", { reason: "TOMBSTONED" });
    const known = this.#known(order.uid);
    if (known === undefined) this.#publish(created(order, this.epoch, this.#revisions.get(order.uid)));
    else if (known.needsInputs) this.set(order.uid, { ...versionsOf(order), needsInputs: false });
    else if (known.specDigest !== order.specDigest) throw new ProviderError("conflict", { reason: "SPEC_CONFLICT" });
    this.#answer();
  }

  async stopPod(uid: string, grace: number, reason: StopReason): Promise<void> {
    this.#begin({ name: "stop", uid, grace, reason });
    const pod = this.#known(uid);
    this.#stopped.add(uid);
    if (pod === undefined) this.tombstones.add(uid);
    else if (pod.stage !== "ended" && pod.stage !== "stopping") this.set(uid, { stage: "stopping", cause: reason });
    this.#answer();
  }

  async releasePod(uid: string): Promise<void> {
    this.#begin({ name: "release", uid });
    const pod = this.#known(uid);
    if (pod !== undefined && pod.stage !== "ended")
      throw new ProviderError("still running", { reason: "STILL_RUNNING" });
    this.pods.delete(uid);
    this.tombstones.add(uid);
    this.#answer();
    this.#tell({ kind: "forgotten", uid });
  }

  async getPod(uid: string): Promise<PodObservation> {
    this.#begin({ name: "get", uid });
    return this.#required(uid);
  }

  async updateInputs(uid: string, inputs: PodInputs, inputVersion: bigint): Promise<void> {
    this.#begin({ name: "updateInputs", uid, inputs, inputVersion });
    if (this.#required(uid).inputVersion < inputVersion) this.set(uid, { inputVersion });
    this.#answer();
  }

  async updatePod(order: UpdateOrder): Promise<void> {
    this.#begin({ name: "update", uid: order.uid, order });
    const { stage, specDigest, specRevision } = this.#required(order.uid);
    if (stage === "stopping" || stage === "ended") throw new ProviderError("it ends", { reason: "NOT_RUNNING" });
    if (specDigest !== order.specDigest && order.specRevision <= specRevision)
      throw new ProviderError("a newer one is in force", { reason: "STALE_REVISION" });
    this.set(order.uid, versionsOf(order));
    this.#answer();
  }

  /** The backend no longer has the pod, and nobody is told. What was stopped or has ended is never made again (CONTRACT §3). */
  lose(uid: string): void {
    if (this.#stopped.has(uid) || this.pods.get(uid)?.stage === "ended") this.tombstones.add(uid);
    this.pods.delete(uid);
  }

  /** A new process of the provider: a new epoch, no tombstones, and of its pods what it finds again. */
  restart(epoch: string, finds: "all" | "no-inputs" | "nothing"): void {
    this.epoch = epoch;
    this.tombstones.clear();
    this.#stopped.clear();
    this.#revisions.clear();
    const before = [...this.pods.values()];
    this.pods.clear();
    if (finds === "nothing") return;
    const lost = finds === "no-inputs" ? { needsInputs: true, specDigest: "", specRevision: 0n, inputVersion: 0n } : {};
    for (const pod of before) {
      this.pods.set(pod.uid, { ...pod, ...lost, epoch, revision: 1n });
      this.#revisions.set(pod.uid, 1n);
    }
  }

  /** Changes a pod and publishes it. */
  set(uid: string, part: Partial<PodObservation>): void {
    const pod = this.pods.get(uid);
    if (pod === undefined) throw new Error(`the fake has no pod ${uid}`);
    this.#publish({ ...pod, ...part, revision: pod.revision + 1n });
  }

  /** Brings the one container `c` to a state. */
  container(uid: string, stage: Stage, state: ContainerState, restartCount = 0): void {
    const container = {
      name: "c",
      kind: "main",
      state,
      willRestart: false,
      restartCount,
      containerId: `c${restartCount}`,
      image: "i",
      imageId: "",
      mounts: [],
    } as const;
    this.set(uid, {
      stage,
      sandbox: stage === "ended" ? "gone" : "ready",
      podIPs: ["10.0.0.9"],
      containers: [container],
    });
  }

  run(uid: string): void {
    this.container(uid, "started", { kind: "running", since: "2026-01-01T00:00:01Z" });
  }

  end(uid: string, exitCode: number): void {
    this.container(uid, "ended", {
      kind: "terminated",
      exitCode,
      reason: "",
      message: "",
      containerId: "c0",
      since: "2026-01-01T00:00:01Z",
      until: "2026-01-01T00:00:02Z",
    });
  }

  #publish(pod: PodObservation): void {
    this.pods.set(pod.uid, pod);
    this.#revisions.set(pod.uid, pod.revision);
    this.#tell({ kind: "observation", observation: pod });
  }

  /** undefined: certainly not there. */
  #known(uid: string): PodObservation | undefined {
    const pod = this.pods.get(uid);
    if (pod === undefined && !this.complete && !this.tombstones.has(uid)) {
      throw new ProviderError("the inventory is not complete", { reason: "NOT_READY" });
    }
    return pod;
  }

  #required(uid: string): PodObservation {
    const pod = this.#known(uid);
    if (pod === undefined) throw new ProviderError("unknown", { reason: "POD" });
    return pod;
  }

  #begin(call: ProviderCall): void {
    this.calls.push(call);
    if (this.refusal !== undefined) throw this.refusal;
  }

  #answer(): void {
    if (this.loseAnswers) throw new ProviderError("outcome unknown");
  }
}

function versionsOf(order: CreateOrder | UpdateOrder): Partial<PodObservation> {
  const { specRevision, specDigest, inputVersion } = order;
  return { specRevision, specDigest, inputVersion };
}

function created(order: CreateOrder, epoch: string, revision = 0n): PodObservation {
  const { specRevision, specDigest, inputVersion } = order;
  return {
    uid: order.uid,
    namespace: "ns",
    name: "p",
    epoch,
    revision: revision + 1n,
    specRevision,
    specDigest,
    inputVersion,
    backendId: "",
    stage: "accepted",
    sandbox: "none",
    podIPs: [],
    hostIPs: [],
    observedAt: "",
    needsInputs: false,
    containers: order.prior.map(waiting),
  };
}

/** A container that goes on where a lost one stopped. */
function waiting({ name, restartCount, lastTermination }: CreateOrder["prior"][number]): ContainerObservation {
  return {
    name,
    kind: "main",
    state: { kind: "waiting", reason: "ContainerCreating", message: "" },
    willRestart: false,
    restartCount,
    containerId: "",
    image: "i",
    imageId: "",
    mounts: [],
    ...(lastTermination === undefined ? {} : { lastTermination }),
  };
}
