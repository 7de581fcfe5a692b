/** The node's own two objects. */
import type { Lease, Node } from "../domain/kubernetes.js";

/** Reads and writes of the Node. Failures reject with an ApiError. */
export interface NodeWriter {
  get(signal: AbortSignal): Promise<Node | undefined>;
  create(node: Node, signal: AbortSignal): Promise<Node>;
  /** Strategic merge PATCH of nodes/status from one node to the other: status, and metadata that a node may change. undefined: not found. */
  patchStatus(from: Node, to: Node, signal: AbortSignal): Promise<Node | undefined>;
}

/** Reads and writes of the node's Lease in kube-node-lease. Failures reject with an ApiError; conflicts have status 409. */
export interface LeaseWriter {
  get(signal: AbortSignal): Promise<Lease | undefined>;
  create(lease: Lease, signal: AbortSignal): Promise<Lease>;
  /** PUT with the resourceVersion of the lease given. undefined: not found. */
  replace(lease: Lease, signal: AbortSignal): Promise<Lease | undefined>;
}
