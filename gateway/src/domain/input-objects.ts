/** What was read for a pod's inputs: a view of objects that are there already. */
import type { ConfigMap, Quantities, Secret, Service } from "./kubernetes.js";

/** Which token of the pod's service account. */
export interface TokenSpec {
  /** Empty: the API server's default. */
  readonly audience: string;
  readonly expirationSeconds: number;
}

/** A token. */
export interface BoundToken {
  readonly token: string;
  /** RFC 3339. */
  readonly expiresAt: string;
}

/** Objects in the pod's namespace; undefined: not found. */
export interface InputObjects {
  configMap(name: string): ConfigMap | undefined;
  secret(name: string): Secret | undefined;
  /** undefined: no such service account. */
  token(spec: TokenSpec): BoundToken | undefined;
  /** Of the pod's namespace, and default/kubernetes. */
  readonly services: readonly Service[];
  /** What the node can give, for limits that a container does not set. */
  readonly allocatable: Quantities;
}

/** Bytes of a field in base64. */
export function fromBase64(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, "base64"));
}
