/** What all checks of a run share: the endpoint, the owner's session, what the provider declared, and its process. */
import { randomUUID } from "node:crypto";
import {
  type Address,
  type CallOptions,
  capabilityId,
  type CapabilityId,
  type Channel,
  type ClientSecurity,
  Code,
  type FeatureId,
  featureId,
  FeatureLevel,
  type HandshakeRequest,
  type HandshakeResponse,
  isStatusError,
  openChannel,
  SessionMode,
} from "@outboard/contract";
import type { Kit } from "./kit.js";
import { waitLimits, type WaitLimits } from "./limits.js";
import { clientsOf, type Clients, type WireListener } from "./link.js";
import type { Load } from "./machine-load.js";
import { Monitors } from "./monitors.js";
import { pause } from "./pause.js";
import type { ProviderProcess } from "./provider-process.js";
import type { Leak } from "./removal.js";

/** How to reach the provider, and as whom. */
export interface WorldOptions {
  readonly address: Address;
  readonly security?: ClientSecurity;
  readonly kit: Kit;
  readonly clusterId: string;
  readonly nodeName: string;
  /** Stretches or shrinks every wait; 1 is the official value. */
  readonly scale: number;
  readonly process?: ProviderProcess;
}

/** The provider cannot be judged: nobody there, or no handshake. */
export class Unreachable extends Error {
  override readonly name = "Unreachable";
}

/** The world of one run. */
export class World {
  readonly options: WorldOptions;
  readonly runId: string = randomUUID().slice(0, 8);
  instanceId: string = `conformance-${randomUUID()}`;
  readonly canary: string = `canary-${randomUUID()}`;
  readonly monitors: Monitors = new Monitors(this.canary);
  /** How busy the machine is; unless measured, not at all. */
  load: Load = { factorSince: () => 1 };
  /** Pods that a check could not remove. */
  readonly leaks: Leak[] = [];
  /** Milliseconds of each call, by method. */
  readonly latencies: Map<string, number[]> = new Map();
  fencing = 1n;
  hasControl = false;
  #channel: Channel;
  #hello: HandshakeResponse | undefined;
  #limits: WaitLimits;

  constructor(options: WorldOptions) {
    this.options = options;
    this.#channel = this.openChannel();
    this.#limits = waitLimits(undefined, options.scale);
  }

  get channel(): Channel {
    return this.#channel;
  }

  get limits(): WaitLimits {
    return this.#limits;
  }

  get hello(): HandshakeResponse {
    if (this.#hello === undefined) throw new Error("there is no session yet");
    return this.#hello;
  }

  get kit(): Kit {
    return this.options.kit;
  }

  openChannel(): Channel {
    const { address, security } = this.options;
    const maxMessageBytes = 64 * 1024 * 1024;
    return openChannel({ address, maxMessageBytes, ...(security === undefined ? {} : { credentials: security }) });
  }

  /** Clients that tell the monitors and one listener. */
  clients(line: (text: string) => void, channel: Channel = this.#channel): Clients {
    const listener: WireListener = {
      line,
      answer: (type, message, call) => {
        if (type.endsWith(".HandshakeResponse")) this.monitors.epochs.add((message as HandshakeResponse).epoch);
        this.monitors.answer(type, message, call);
      },
      error: (method, error) => this.monitors.error(method, error),
      took: (method, ms) => this.latencies.set(method, [...(this.latencies.get(method) ?? []), ms].slice(-1000)),
    };
    return clientsOf(channel, listener);
  }

  /** Metadata and deadline of a call in the present session. */
  call(signal: AbortSignal, session: string = this.hello.sessionId): CallOptions {
    return { signal, deadlineMs: this.#limits.of("call"), metadata: { "outboard-session": session } };
  }

  declares(capability: CapabilityId): boolean {
    return this.hello.capabilities.some((number) => capabilityId(number) === capability);
  }

  /** True where the feature is honoured, as it is or within bounds. */
  honours(feature: FeatureId): boolean {
    const level = this.levelOf(feature);
    return level === FeatureLevel.HONOURED || level === FeatureLevel.LIMITED;
  }

  /** How the feature is declared; undefined: not at all. */
  levelOf(feature: FeatureId): FeatureLevel | undefined {
    return this.#supportOf(feature)?.level;
  }

  /** What the provider says of a feature that it honours within bounds; undefined for any other. */
  limitOf(feature: FeatureId): string | undefined {
    const support = this.#supportOf(feature);
    return support?.level === FeatureLevel.LIMITED ? support.text : undefined;
  }

  /** The handshake of this run's owner, with fields changed. */
  ownerRequest(change: Partial<HandshakeRequest> = {}): HandshakeRequest {
    return {
      revisions: [1],
      gatewayName: "outboard-conformance",
      gatewayVersion: "0.1.0",
      instanceId: this.instanceId,
      mode: SessionMode.OWNER,
      fencing: this.fencing,
      clusterId: this.options.clusterId,
      nodeName: this.options.nodeName,
      nodeConfiguration: { clusterDns: [], clusterDomain: "cluster.local", podCidrs: [], kubernetesVersion: "" },
      ...change,
    };
  }

  /** Takes the session (again), waits until the provider is ready, and keeps what it declared. @throws Unreachable */
  async takeSession(signal: AbortSignal): Promise<void> {
    const until = Date.now() + this.#limits.of("ready");
    for (;;) {
      try {
        this.#hello = await this.#shakeHands(signal);
        break;
      } catch (error) {
        if (!isTransient(error) || Date.now() > until || this.options.process?.hasEnded === true)
          throw unreachable(error);
        await pause(100, signal);
      }
    }
    this.#limits = waitLimits(this.#hello.limits, this.options.scale);
    await this.#untilReady(until, signal);
  }

  /** Closes the connection and opens a new one. */
  reconnect(): void {
    this.#channel[Symbol.dispose]();
    this.#channel = this.openChannel();
  }

  close(): void {
    this.#channel[Symbol.dispose]();
  }

  #supportOf(feature: FeatureId): HandshakeResponse["features"][number] | undefined {
    return this.hello.features.find(({ feature: number }) => featureId(number) === feature);
  }

  async #shakeHands(signal: AbortSignal): Promise<HandshakeResponse> {
    const { identity } = this.clients(() => {});
    const options = { signal, deadlineMs: 5_000 };
    try {
      return await identity.handshake(this.ownerRequest(), options);
    } catch (error) {
      if (!isStatusError(error) || error.reason !== "SESSION_SUPERSEDED") throw error;
      this.fencing = BigInt(error.metadata.get("fencing") ?? this.fencing) + 1n;
      return await identity.handshake(this.ownerRequest(), options);
    }
  }

  async #untilReady(until: number, signal: AbortSignal): Promise<void> {
    const { node } = this.clients(() => {});
    for (;;) {
      const { inventoryComplete } = await node.getNode({}, this.call(signal));
      if (inventoryComplete || Date.now() > until) return;
      await pause(100, signal);
    }
  }
}

function isTransient(error: unknown): boolean {
  const codes: readonly Code[] = [Code.UNAVAILABLE, Code.DEADLINE_EXCEEDED];
  return isStatusError(error) && codes.includes(error.code);
}

function unreachable(error: unknown): Unreachable {
  const text = error instanceof Error ? error.message : String(error);
  return new Unreachable(`the provider cannot be reached or refuses the handshake: ${text}`, { cause: error });
}
