/**
 * Modes and group of what the engine makes in volumes. The umask of a provider's program is strict, and containers run as any
 * user: each mode that matters is set explicitly. fsGroup: the group owns folders and links, and new files in a folder take
 * the group over, as the kubelet arranges it.
 */
import { chmod, lchown, mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import type { PodManifest } from "./manifest.js";

/** Set-group-id, and what the group of a read-only or a writable folder needs. */
const GROUP_BITS = { readOnly: 0o2550, writable: 0o2770 } as const;

/** The pod's fsGroup, where this process can give files away. */
export function groupOf(manifest: PodManifest | undefined): number | undefined {
  const group = manifest?.spec.securityContext?.["fsGroup"];
  return typeof group === "number" && mayChown() ? group : undefined;
}

/** Only root may. */
export function mayChown(): boolean {
  return process.getuid?.() === 0;
}

/** Sets a folder's mode, and its group if there is one. */
export async function setFolderMode(
  path: string,
  mode: number,
  { group, access }: { readonly group?: number | undefined; readonly access: keyof typeof GROUP_BITS },
): Promise<void> {
  if (group !== undefined) await lchown(path, -1, group);
  await chmod(path, group === undefined ? mode : mode | GROUP_BITS[access]);
}

/** Makes the folders on a relative way below a folder, each with this mode and group. */
export async function makeFolders(
  root: string,
  way: readonly string[],
  mode: number,
  group: number | undefined,
): Promise<void> {
  let at = root;
  for (const part of way) {
    at = join(at, part);
    await mkdir(at, { recursive: true });
    await setFolderMode(at, mode, { group, access: "readOnly" });
  }
}

/** Gives the entries of a folder to the group; their modes stay. */
export async function giveEntries(folder: string, group: number | undefined): Promise<void> {
  if (group === undefined) return;
  for (const name of await readdir(folder)) await lchown(join(folder, name), -1, group);
}
