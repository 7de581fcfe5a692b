/** What working on pods needs from outside, in one place. */
import type { Logger } from "pino";
import type { Node } from "../../domain/kubernetes.js";
import type { PodSource } from "../../domain/local-annotations.js";
import type { Clock } from "../../ports/clock.js";
import type { EventSink } from "../../ports/events.js";
import type { InputSource } from "../../ports/inputs.js";
import type { PodWriter } from "../../ports/pods.js";
import type { ProviderControl, ProviderInfo, ProviderNode } from "../../ports/provider.js";
import type { ActivePods } from "./active-pods.js";
import type { PodTable } from "./table.js";

/** How pods are treated; all of it from the configuration. */
export interface PodOptions {
  /** For how long a pod may wait for room before it is failed, milliseconds. Default 5 min. */
  readonly capacityTimeoutMs: number;
  /** Writes pending for one pod within this time merge, milliseconds. Default 50. */
  readonly mergeWindowMs: number;
  /** What to do with pods that use an undeclared or ignored feature, by feature id; "*" for all others. */
  readonly featurePolicy: Readonly<Record<string, "refuse" | "warn" | "omit">>;
  /** Addresses of the cluster's DNS service. */
  readonly clusterDNS: readonly string[];
  readonly clusterDomain: string;
  /** "virtual-kubelet": its events for absent inputs too. Default "kubelet". */
  readonly compatibility?: "kubelet" | "virtual-kubelet";
  /** Default "api". */
  readonly podSource?: PodSource;
}

/** What is known of the provider now; undefined before the first facts and the first snapshot of a session. */
export interface ProviderView {
  readonly info: ProviderInfo;
  readonly node: ProviderNode;
  /** Pods that end must be stopped again, after an epoch change, before any is created. */
  readonly creating: "allowed" | "held";
}

/** The parts. */
export interface PodDeps {
  readonly nodeName: string;
  readonly table: PodTable;
  readonly active: ActivePods;
  readonly provider: ProviderControl;
  readonly writer: PodWriter;
  readonly inputs: InputSource;
  readonly events: EventSink;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly options: PodOptions;
  /** Has a UID worked on again. */
  readonly requeue: (uid: string) => void;
  readonly view: () => ProviderView | undefined;
  /** The Node object as the API has it; undefined before the registration. */
  readonly nodeObject: () => Node | undefined;
  /** Scheme of container ids, as the provider last said it. */
  readonly runtimeName: () => string;
  /** The node's own addresses (type InternalIP), used for hostIP. */
  readonly hostIPs: () => readonly string[];
}
