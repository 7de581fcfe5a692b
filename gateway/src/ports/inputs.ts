/** What pods refer to. Each object is read one by one and by name, as the Node authorizer allows; never listed. */
import type { ConfigMap, Pod, Secret, Service } from "../domain/kubernetes.js";

/** A token for a service account. */
export interface Token {
  readonly token: string;
  /** RFC 3339. */
  readonly expiresAt: string;
  /** When another one should be asked for, which is well before; milliseconds since 1970. */
  readonly renewAt: number;
}

/** Which token. */
export interface TokenRequest {
  readonly pod: Pod;
  /** Empty: the API server's default. */
  readonly audience: string;
  readonly expirationSeconds: number;
}

/** Names in a pod's namespace. */
export interface FollowedObjects {
  readonly configMaps: readonly string[];
  readonly secrets: readonly string[];
}

/** Reads for inputs. undefined means not found; other failures reject with an ApiError. */
export interface InputSource {
  configMap(namespace: string, name: string, signal: AbortSignal): Promise<ConfigMap | undefined>;
  secret(namespace: string, name: string, signal: AbortSignal): Promise<Secret | undefined>;
  /** RuntimeClass handler; undefined: no such class. */
  runtimeHandler(name: string, signal: AbortSignal): Promise<string | undefined>;
  /** A TokenRequest bound to the pod. undefined: no such service account. */
  token(request: TokenRequest, signal: AbortSignal): Promise<Token | undefined>;
  /**
   * Tells of each change of these objects from now on, until unfollow or forget; what the pod followed before and is not
   * among them is left. Absent: changes are not told.
   */
  follow?(pod: Pod, objects: FollowedObjects, changed: () => void): void;
  /** Ends what follow began. */
  unfollow?(podUid: string): void;
  /** The pod is gone: what was kept for it (tokens, watches) may go. Absent: nothing is kept. */
  forget?(podUid: string): void;
  /** All services of a namespace, and default/kubernetes. Rejects until they are known. */
  services(namespace: string, signal: AbortSignal): Promise<readonly Service[]>;
}
