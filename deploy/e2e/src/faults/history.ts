// What the API showed of the pods of a namespace, change by change, through outages of the API server too.

import { setTimeout as wait } from "node:timers/promises";
import { type ApiClient, ApiError } from "@outboard/devcluster";
import type { Pod } from "../support/objects.js";

/** One change. */
export interface Seen {
  readonly at: number;
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly pod: Pod;
}

export interface History extends AsyncDisposable {
  readonly seen: readonly Seen[];
  /** Pods that were there, before or after, when its watch had to begin anew: changes of theirs may be missing. */
  readonly gapped: ReadonlySet<string>;
  /** The pods that are there now, by UID. */
  pods(): ReadonlyMap<string, Pod>;
}

const RETRY_MS = 250;

export function followPods(api: ApiClient, namespace: string): History {
  const path = `/api/v1/namespaces/${namespace}/pods`;
  const seen: Seen[] = [];
  const now = new Map<string, Pod>();
  const end = new AbortController();
  const { signal } = end;
  let version: string | undefined;
  const gapped = new Set<string>();
  const tell = (type: Seen["type"], pod: Pod): void => {
    const uid = pod.metadata.uid ?? "";
    if (now.get(uid)?.metadata.resourceVersion === pod.metadata.resourceVersion) return;
    if (type === "DELETED") now.delete(uid);
    else now.set(uid, pod);
    seen.push({ at: Date.now(), type, pod });
  };
  const relist = async (): Promise<void> => {
    const { items, metadata } = await api.list<Pod>(path);
    const present = new Set(items.map(({ metadata: { uid = "" } }) => uid));
    for (const uid of [...now.keys(), ...present]) gapped.add(uid);
    for (const [uid, pod] of now)
      if (!present.has(uid)) tell("DELETED", { ...pod, metadata: { ...pod.metadata, resourceVersion: "" } });
    for (const pod of items) tell(now.has(pod.metadata.uid ?? "") ? "MODIFIED" : "ADDED", pod);
    version = metadata.resourceVersion;
  };
  const follow = async (): Promise<void> => {
    if (version === undefined) await relist();
    for await (const { type, object } of api.watch<Pod>(path, { query: { resourceVersion: version ?? "" }, signal })) {
      if (type === "ERROR") throw new ApiError(410, "Expired", "the watch's past is gone");
      version = object.metadata.resourceVersion;
      if (type !== "BOOKMARK") tell(type, object);
    }
  };
  const loop = async (): Promise<void> => {
    while (!signal.aborted) {
      await follow().catch((error: unknown) => {
        if (error instanceof ApiError && error.status === 410) version = undefined;
      });
      await wait(RETRY_MS, undefined, { signal }).catch(() => undefined);
    }
  };
  const running = loop();
  return {
    seen,
    gapped,
    pods: () => now,
    [Symbol.asyncDispose]: async () => {
      end.abort();
      await running;
    },
  };
}
