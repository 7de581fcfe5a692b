/** How one action of a pass went. */
export type Done =
  | { readonly kind: "changed" }
  | { readonly kind: "unchanged" }
  | { readonly kind: "retry"; readonly at: number };

/** Pauses after a failure: the kubelet waits 10 s and a random part of half as long again, and looks once a second. */
const SHORTEST_PAUSE_MS = 12_000;
const SPREAD_MS = 1_500;

/** When a pod tries again what failed now: near the middle of the kubelet's pauses, and not all pods at the same time. */
export function retryAt(pod: { readonly uid: string; now(): number }): number {
  return pod.now() + SHORTEST_PAUSE_MS + (hashOf(pod.uid) % SPREAD_MS);
}

/** FNV-1a, 32 bits. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
}
