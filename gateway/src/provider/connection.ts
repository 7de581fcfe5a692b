/** Connections to a provider: control calls and the watch on one channel, interactions on others; deadlines in one place. */
import {
  type CallOptions,
  type Channel,
  type Client,
  connect,
  type Deadlines,
  IdentityServiceDefinition,
  NodeServiceDefinition,
  openChannel,
  parseAddress,
  PodServiceDefinition,
  StatsServiceDefinition,
} from "@outboard/contract";
import type { ChannelOptions } from "@outboard/contract";
import { createInteractionConnections, type InteractionClient } from "./interaction-client.js";

/** Deadlines of control calls, milliseconds. */
export interface CallDeadlines {
  readonly getNode: number;
  readonly createPod: number;
  readonly stopPod: number;
  readonly updatePod: number;
  readonly updateInputs: number;
  readonly releasePod: number;
  readonly getPod: number;
  readonly getStats: number;
}

/** The contract's deadlines, overridden by the provider's suggestions. */
export function deadlinesOf(suggested: Deadlines = {}): CallDeadlines {
  const wishes: { readonly [Name in keyof CallDeadlines]: number | undefined } = {
    getNode: suggested.getNodeMs,
    createPod: suggested.createPodMs,
    stopPod: suggested.stopPodMs,
    updatePod: suggested.updatePodMs,
    updateInputs: suggested.updateInputsMs,
    releasePod: suggested.releasePodMs,
    getPod: suggested.getPodMs,
    getStats: suggested.getStatsMs,
  };
  return { ...DEADLINES_MS, ...Object.fromEntries(Object.entries(wishes).filter(([, wish]) => (wish ?? 0) > 0)) };
}

const DEADLINES_MS: CallDeadlines = {
  getNode: 3_000,
  createPod: 30_000,
  stopPod: 30_000,
  updatePod: 30_000,
  updateInputs: 30_000,
  releasePod: 10_000,
  getPod: 10_000,
  getStats: 10_000,
};

/** Clients of all services of one provider. */
export interface Connection extends Disposable {
  /** As it was configured, for messages. */
  readonly address: string;
  readonly identity: Client<typeof IdentityServiceDefinition>;
  readonly node: Client<typeof NodeServiceDefinition>;
  readonly pods: Client<typeof PodServiceDefinition>;
  readonly stats: Client<typeof StatsServiceDefinition>;
  readonly interaction: InteractionClient;
}

/** Options of one call within a session. */
export function inSession(sessionId: string, signal: AbortSignal, deadlineMs?: number): CallOptions {
  return { signal, metadata: { "outboard-session": sessionId }, ...(deadlineMs === undefined ? {} : { deadlineMs }) };
}

/** Opens the channels; nothing is sent yet. @throws Error that names a bad address */
export function openConnection(address: string, credentials?: ChannelOptions["credentials"]): Connection {
  const options: ChannelOptions = {
    address: parseAddress(address),
    ...(credentials === undefined ? {} : { credentials }),
  };
  const control: Channel = openChannel(options);
  const interactions = createInteractionConnections(() => openChannel(options));
  return {
    address,
    identity: connect(IdentityServiceDefinition, control),
    node: connect(NodeServiceDefinition, control),
    pods: connect(PodServiceDefinition, control),
    stats: connect(StatsServiceDefinition, control),
    interaction: interactions.client,
    [Symbol.dispose]: () => {
      control[Symbol.dispose]();
      interactions[Symbol.dispose]();
    },
  };
}
