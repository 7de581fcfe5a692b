/** The PodProvider over the simulated backend. */
import {
  type AttachStart,
  type CreatePodRequest,
  type ExecStart,
  type GetStatsRequest,
  type GetStatsResponse,
  type LogChunk,
  type LogsRequest,
  PodInputs,
  type PortForwardStart,
  StopReason,
  type UpdateInputsRequest,
  type UpdatePodRequest,
} from "@outboard/contract";
import {
  type AttachInput,
  type Clock,
  type ExecInput,
  type InteractionContext,
  type NodeReport,
  type Owner,
  parseManifest,
  type PodProvider,
  type PortForwardInput,
  type ProviderDescription,
  type ProviderHost,
  refuse,
} from "@outboard/provider-sdk";
import type { DeathRow } from "./death-row.js";
import { type AttachFrame, attachTo } from "./interaction/attach.js";
import { type ExecFrame, runCommand } from "./interaction/exec.js";
import { readLog } from "./interaction/logs.js";
import { echoConnection, type ForwardFrame } from "./interaction/port-forward.js";
import { readStats } from "./interaction/stats.js";
import { type NodeSize, reportNode } from "./node.js";
import type { Pods } from "./pods.js";
import { createSimPod, type Pace } from "./simulation/create.js";
import { beginStop, losePod, reclaimPod } from "./simulation/ending.js";
import { applyInputs, applyRestored, applyUpdate } from "./simulation/update.js";
import { backendIdOf } from "./simulation/observe.js";
import type { Cause } from "./simulation/state.js";
import type { Store } from "./store.js";

/** What the provider is made of. */
export interface MemoryParts {
  readonly description: ProviderDescription;
  readonly clock: Clock;
  readonly pods: Pods;
  readonly store: Store;
  readonly death: DeathRow;
  readonly pace: Pace;
  readonly size: NodeSize;
}

/** The memory provider. */
export class MemoryProvider implements PodProvider {
  readonly #parts: MemoryParts;
  #isDown = false;

  constructor(parts: MemoryParts) {
    this.#parts = parts;
  }

  describe(): ProviderDescription {
    return this.#parts.description;
  }

  async start(host: ProviderHost, owner: Owner): Promise<void> {
    this.#parts.store.saveOwner(owner);
    this.#parts.pods.open(host, this.#parts.store.load());
  }

  async stop(): Promise<void> {
    this.#parts.pods.close();
  }

  node(): NodeReport {
    return reportNode(this.#parts.size, this.#parts.pods.size, this.#isDown);
  }

  async createPod(order: CreatePodRequest): Promise<{ readonly backendId: string }> {
    this.#requireBackend();
    const { pods, death, clock, pace, size } = this.#parts;
    const known = pods.get(order.uid);
    const manifest = parseManifest(order.manifest?.json ?? new Uint8Array(0));
    const inputs = order.inputs ?? PodInputs.create();
    if (known === undefined) {
      const pod = createSimPod(order, manifest, pace, clock.now());
      if (pod.script.outOfCapacity === "refuse")
        throw refuse("OUT_OF_CAPACITY", "the pod's script says there is no room");
      if (pods.size >= size.pods) throw refuse("OUT_OF_CAPACITY", `the node takes ${size.pods} pods and no more`);
      death.pass("CREATE_BEFORE_STORE");
      pods.put(order.uid, { state: applyInputs(pod, inputs, clock.now()), inputs });
      death.pass("CREATE_BEFORE_BACKEND");
    } else {
      const restored = applyRestored(known.state, order, manifest, clock.now());
      pods.put(order.uid, { state: applyInputs(restored, inputs, clock.now()), inputs });
    }
    death.pass("CREATE_BEFORE_ANSWER");
    return { backendId: backendIdOf(order.uid) };
  }

  async stopPod(uid: string, graceSeconds: number, reason: StopReason): Promise<void> {
    this.#requireBackend();
    const { pods, death, clock } = this.#parts;
    const held = pods.get(uid);
    if (held === undefined) return;
    const { pod, events } = beginStop(held.state, clock.now(), {
      graceMs: graceSeconds * 1000,
      cause: causeOf(reason),
    });
    pods.put(uid, { ...held, state: pod }, events);
    death.pass("STOP_BEFORE_ANSWER");
  }

  async releasePod(uid: string): Promise<void> {
    this.#requireBackend();
    this.#parts.death.pass("RELEASE_HALFWAY");
    this.#parts.pods.remove(uid);
  }

  async updateInputs({ uid, inputs, inputVersion }: UpdateInputsRequest): Promise<void> {
    this.#requireBackend();
    const { pods, clock } = this.#parts;
    const held = pods.get(uid);
    if (held === undefined || inputs === undefined) return;
    const state = { ...held.state, inputVersion: String(inputVersion) };
    pods.put(uid, { state: applyInputs(state, inputs, clock.now()), inputs });
  }

  async updatePod(update: UpdatePodRequest): Promise<void> {
    this.#requireBackend();
    const { pods, clock } = this.#parts;
    const held = pods.get(update.uid);
    if (held === undefined) return;
    const manifest = parseManifest(update.manifest?.json ?? new Uint8Array(0));
    const isNewer = update.inputVersion > BigInt(held.state.inputVersion);
    const inputs = isNewer ? (update.inputs ?? held.inputs) : held.inputs;
    const state = applyUpdate(held.state, update, manifest, clock.now());
    pods.put(update.uid, { state: applyInputs(state, inputs, clock.now()), inputs });
  }

  logs(request: LogsRequest, context: InteractionContext): AsyncIterable<LogChunk> {
    return readLog(this.#parts, request, context.signal);
  }

  exec(start: ExecStart, input: ExecInput, context: InteractionContext): AsyncIterable<ExecFrame> {
    return runCommand(this.#parts, start, input, context.signal);
  }

  attach(start: AttachStart, input: AttachInput, context: InteractionContext): AsyncIterable<AttachFrame> {
    return attachTo(this.#parts, start, input, context.signal);
  }

  portForward(start: PortForwardStart, input: PortForwardInput): AsyncIterable<ForwardFrame> {
    return echoConnection(this.#parts.pods, start, input);
  }

  stats(request: GetStatsRequest): AsyncIterable<GetStatsResponse> {
    return readStats(this.#parts, request);
  }

  /** Takes the backend away or gives it back. */
  setBackend(isUp: boolean): void {
    this.#isDown = !isUp;
    this.#parts.pods.setAway(!isUp);
  }

  /** The backend loses a pod, or takes it back; false: there is no such pod. */
  takeAway(uid: string, how: "lose" | "reclaim"): boolean {
    const { pods, clock } = this.#parts;
    const held = pods.get(uid);
    if (held === undefined || held.state.stage === "ended") return false;
    const { pod, events } = (how === "lose" ? losePod : reclaimPod)(held.state, clock.now());
    pods.put(uid, { ...held, state: pod }, events);
    return true;
  }

  #requireBackend(): void {
    if (this.#isDown) throw refuse("BACKEND_UNAVAILABLE", "the simulated backend is away");
  }
}

const CAUSES: ReadonlyMap<StopReason, Cause> = new Map<StopReason, Cause>([
  [StopReason.DEADLINE, "DEADLINE"],
  [StopReason.EVICTED, "EVICTED"],
  [StopReason.PREEMPTED, "PREEMPTED"],
  [StopReason.ORPHAN, "ORPHAN"],
]);

function causeOf(reason: StopReason): Cause {
  return CAUSES.get(reason) ?? "USER";
}
