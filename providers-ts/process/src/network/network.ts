/** What the runtime needs of a network; absent: pods share the host's. */

export interface PodNetwork {
  /** Folder of the pod's network namespace and its addresses. Idempotent by UID. */
  create(
    uid: string,
    taken: ReadonlySet<string>,
  ): Promise<{ readonly path: string; readonly podIPs: readonly string[] }>;
  /** Idempotent. */
  remove(uid: string): Promise<void>;
  /** UIDs of ours that have something. */
  known(): Promise<ReadonlySet<string>>;
  /** Frees what belongs to no pod, once the last one is gone. */
  close(): Promise<void>;
}
