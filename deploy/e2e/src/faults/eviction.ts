// An outage that lasts so long that the cluster deletes pods: the taint of the node is not tolerated for ever.

import { eventually } from "@outboard/devcluster";
import type { Book } from "./actions.js";
import type { Arena } from "./arena.js";

/** How long the cluster takes at most to see that the node is of no use, and to say so by a taint. */
const SEEN_MS = 180_000;
const DEFAULT_SECONDS = 300;

/**
 * Waits until all pods that shall go are being deleted; from then on that was asked of them. Those that had run must be
 * there still: while nobody knows whether they run, they have not ended.
 */
export async function evicted(arena: Arena, book: Book, seconds: number = DEFAULT_SECONDS): Promise<void> {
  const names = [...book.asked].flatMap(([name, { fate }]) => (fate.isEvicted === true ? [name] : []));
  const staying = (): readonly string[] => names.filter((name) => !isLeaving(arena, book.created.get(name)));
  await eventually(() => staying().length === 0, {
    message: "the cluster's deletions",
    timeoutMs: SEEN_MS + seconds * 1000,
    intervalMs: 500,
  }).catch(() => {
    throw new Error(`the cluster does not delete ${staying().join(", ")}`);
  });
  for (const name of names) {
    const asked = book.asked.get(name);
    if (asked !== undefined) book.asked.set(name, { ...asked, isDeleted: true });
    const [uid, begun] = [book.created.get(name) ?? "", startedIn(arena, book.created.get(name))];
    if (begun && !arena.history.pods().has(uid)) throw new Error(`${name} ran, and went while nobody knew of its end`);
  }
}

function isLeaving({ history }: Arena, uid = ""): boolean {
  const pod = history.pods().get(uid);
  if (pod !== undefined) return pod.metadata.deletionTimestamp !== undefined;
  return history.seen.some(({ type, pod: { metadata } }) => type === "DELETED" && metadata.uid === uid);
}

function startedIn({ history }: Arena, uid = ""): boolean {
  return history.seen.some(({ pod: { metadata, status } }) => metadata.uid === uid && status?.phase === "Running");
}
