/** The pod controller between the two fakes, on a clock that stands still. */
import { pino } from "pino";
import type { Node } from "../../domain/kubernetes.js";
import type { EventDraft } from "../../ports/events.js";
import type { InputSource } from "../../ports/inputs.js";
import type { ProviderInfo, ProviderNode } from "../../ports/provider.js";
import type { ProviderStats } from "../../ports/stats.js";
import { createManualClock, type ManualClock } from "../../testing/manual-clock.js";
import type { EventMark } from "../event-mark.js";
import { PodController } from "../pod/controller.js";
import type { PodOptions } from "../pod/deps.js";
import { FakeApi } from "./fake-api.js";
import { FakeProvider } from "./fake-provider.js";

/** A running controller. */
export interface ControlWorld extends AsyncDisposable {
  readonly api: FakeApi;
  readonly provider: FakeProvider;
  readonly clock: ManualClock;
  readonly events: readonly EventDraft[];
  readonly controller: PodController;
  /** A handshake, the node and a complete snapshot, as a session begins. */
  openSession(options?: {
    readonly instanceId?: string;
    readonly epochChanged?: boolean;
    readonly complete?: boolean;
  }): void;
  closeSession(): void;
  /** Lets the merge window pass and everything settle. */
  settle(): Promise<void>;
}

const NODE: Node = { metadata: { name: "node" }, status: { allocatable: { cpu: "10", memory: "10Gi", pods: "100" } } };

const OPTIONS: PodOptions = {
  capacityTimeoutMs: 300_000,
  mergeWindowMs: 50,
  featurePolicy: { "*": "warn" },
  clusterDNS: ["10.0.0.10"],
  clusterDomain: "cluster.local",
};

/** Starts one; `api` may hold pods already, as after a restart of the gateway. */
export function startControlWorld(
  options: {
    readonly api?: FakeApi;
    readonly backend?: FakeProvider;
    readonly capabilities?: readonly string[];
    readonly inputs?: InputSource;
    readonly stats?: ProviderStats;
    readonly eventMark?: EventMark;
    readonly clusterDNS?: readonly string[];
  } = {},
): ControlWorld {
  const clock = createManualClock();
  const api = options.api ?? new FakeApi();
  const events: EventDraft[] = [];
  const provider = new FakeProvider((message) => controller.takeProvider(message));
  for (const [uid, pod] of options.backend?.pods ?? []) provider.pods.set(uid, pod);
  const controller: PodController = new PodController({
    nodeName: "node",
    provider,
    writer: api,
    source: api,
    inputs: options.inputs ?? NO_INPUTS,
    ...(options.stats === undefined ? {} : { stats: options.stats }),
    ...(options.eventMark === undefined ? {} : { eventMark: options.eventMark }),
    events: { record: (event) => events.push(event) },
    clock,
    logger: pino({ level: "silent" }),
    options: { ...OPTIONS, clusterDNS: options.clusterDNS ?? OPTIONS.clusterDNS },
    nodeObject: () => NODE,
    hostIPs: () => ["192.0.2.1"],
  });
  const stop = new AbortController();
  const runs = controller.runnables.map((runnable) => runnable.run(stop.signal));
  const world: ControlWorld = {
    api,
    provider,
    clock,
    events,
    controller,
    openSession: (session) => openSession({ controller, provider, clock }, options.capabilities ?? [], session),
    closeSession: () => controller.takeProvider({ kind: "lost", reason: "ProviderUnreachable", message: "gone" }),
    settle: async () => {
      for (let turn = 0; turn < 6; turn++) await clock.advance(60);
    },
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await clock.advance(0);
      await Promise.all(runs);
    },
  };
  return world;
}

type SessionOptions = NonNullable<Parameters<ControlWorld["openSession"]>[0]>;

/** A handshake, the node, what the provider has, and the end of the snapshot. */
function openSession(
  { controller, provider, clock }: Pick<ControlWorld, "controller" | "provider" | "clock">,
  capabilities: readonly string[],
  { instanceId = "one", epochChanged = false, complete = true }: SessionOptions = {},
): void {
  const openedAt = clock.now() + 1;
  controller.takeProvider({ kind: "session", info: infoOf(instanceId, capabilities) });
  controller.takeProvider({ kind: "node", node: READY });
  for (const observation of provider.pods.values()) controller.takeProvider({ kind: "observation", observation });
  const uids = new Set(provider.pods.keys());
  controller.takeProvider({ kind: "snapshot", uids, complete, openedAt, epochChanged });
}

/** Nothing to refer to. */
export const NO_INPUTS: InputSource = {
  configMap: async () => undefined,
  secret: async () => undefined,
  runtimeHandler: async () => undefined,
  token: async () => undefined,
  services: async () => [],
};

/** A node that is well. */
export const READY: ProviderNode = {
  state: "ready",
  reason: "",
  message: "",
  inventoryComplete: true,
  validForMs: 60_000,
  info: {},
  facts: {
    capacity: {},
    allocatable: {},
    conditions: [],
    addresses: [],
    labels: {},
    taints: [],
    operatingSystem: "linux",
    architecture: "amd64",
    runtimeName: "fake",
    runtimeVersion: "0",
    runtimeHandlers: [],
    images: [],
    kernelVersion: "",
    osImage: "",
  },
};

/** What a handshake says. */
export function infoOf(instanceId: string, capabilities: readonly string[]): ProviderInfo {
  const limits = { maxMessageBytes: 4_194_304, maxParallelCreates: 16, maxStreams: 64 };
  return {
    name: "fake",
    version: "0",
    instanceId,
    revision: 1,
    capabilities: new Set(capabilities),
    features: new Map(),
    limits,
  };
}
