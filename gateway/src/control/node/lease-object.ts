/** The node's Lease as this process wants it. */
import { microTime } from "../../domain/kube-time.js";
import type { Lease, Node } from "../../domain/kubernetes.js";

const LEASE_SECONDS = 40;
const INSTANCE = "outboard.dev/instance";
/** Up to when, by the provider's clock, its events have been told. */
const EVENTS_TOLD = "outboard.dev/events-told-until";
const NAMESPACE = "kube-node-lease";

/** Who holds the Lease. */
export interface Holder {
  readonly nodeName: string;
  /** Random id of this process: tells two gateways of one node apart. */
  readonly instanceId: string;
}

/** What the Lease is to say. */
export interface LeaseFacts {
  readonly transitions: bigint;
  readonly node: Node | undefined;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** RFC 3339; undefined: as it was. */
  readonly eventsTold: string | undefined;
}

/** The Lease with our name, our number and the time; what else it holds stays. */
export function leaseFor(
  holder: Holder,
  found: Lease | undefined,
  { transitions, node, now, eventsTold }: LeaseFacts,
): Lease {
  const owner = ownerOf(node);
  const annotations = {
    ...found?.metadata?.annotations,
    [INSTANCE]: holder.instanceId,
    ...(eventsTold === undefined ? {} : { [EVENTS_TOLD]: eventsTold }),
  };
  const metadata = { ...found?.metadata, name: holder.nodeName, namespace: NAMESPACE, annotations };
  return {
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: owner === undefined ? metadata : { ...metadata, ownerReferences: [owner] },
    spec: {
      ...found?.spec,
      holderIdentity: holder.nodeName,
      leaseDurationSeconds: LEASE_SECONDS,
      leaseTransitions: Number(transitions),
      renewTime: microTime(now),
    },
  };
}

/** True if this very process wrote the Lease last. */
export function isHeldBy({ instanceId }: Holder, lease: Lease): boolean {
  return lease.metadata?.annotations?.[INSTANCE] === instanceId;
}

/** What the process before this one left of the provider's events. */
export function eventsToldOf(lease: Lease | undefined): string | undefined {
  return lease?.metadata?.annotations?.[EVENTS_TOLD];
}

/** The fencing number that a Lease carries. */
export function transitionsOf(lease: Lease | undefined): bigint {
  return BigInt(lease?.spec?.leaseTransitions ?? 0);
}

function ownerOf(node: Node | undefined) {
  const { name, uid } = node?.metadata ?? {};
  return name === undefined || uid === undefined ? undefined : { apiVersion: "v1", kind: "Node", name, uid };
}
