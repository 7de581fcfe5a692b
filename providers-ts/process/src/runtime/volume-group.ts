/**
 * fsGroup for the pod's own writable volumes: the group owns the folder, and new files take it over. Files that the gateway
 * sends come with their owners; folders of the host are nobody's but the host's.
 */
import { chmodSync, chownSync, realpathSync, statSync } from "node:fs";
import type { Mount } from "@outboard/provider-sdk";

const SET_GROUP = 0o2070;
const MODE = 0o7777;

export function applyVolumeGroup(mounts: readonly Mount[], ownFolder: string, group: unknown): void {
  if (typeof group !== "number") return;
  const own = `${realpathSync(ownFolder)}/`;
  for (const { source, readOnly } of mounts) {
    const path = realpathSync(source);
    const facts = statSync(path);
    if (readOnly || !path.startsWith(own) || !facts.isDirectory()) continue;
    chownSync(path, facts.uid, group);
    chmodSync(path, (facts.mode & MODE) | SET_GROUP);
  }
}
