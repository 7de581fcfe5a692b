/** What the kubelet API shows of the gateway: pods, the provider, health. Read only, answered from memory. */
import type { Pod, PodStatus } from "../domain/kubernetes.js";
import type { ProviderInfo } from "./provider.js";

/** One pod bound to this node. */
export interface PodEntry {
  /** The API object with the status that the API has; without an API server, with the status computed last. */
  readonly pod: Pod;
  /** Status computed last by the gateway; undefined: none yet since the start. */
  readonly status: PodStatus | undefined;
}

/** The pods bound to this node, rejected and terminal ones too, as long as the API has them. */
export interface PodView {
  list(): readonly PodEntry[];
  /** The pod that holds this name in the API now. */
  find(namespace: string, name: string): PodEntry | undefined;
}

/** The provider behind this node. */
export interface ProviderView {
  /** Answer of the last handshake; undefined: none yet. */
  info(): ProviderInfo | undefined;
}

/** Health of the gateway. */
export interface HealthView {
  /** Why the sync loop is taken as stuck; undefined: it turns. */
  syncLoop(): string | undefined;
  /** Why the gateway is not ready, one sentence each; empty: ready. */
  notReady(): readonly string[];
}
