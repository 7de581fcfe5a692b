/** Where this machine keeps files in memory, for what must outlive the provider's process and must not reach a disk. */
import { accessSync, constants, statfsSync } from "node:fs";
import { join } from "node:path";

const TMPFS = 0x01021994;

/** Path of a folder with this name on a tmpfs, which need not exist. Undefined: there is no tmpfs that we can write. */
export function memoryFolder(name: string, candidates: readonly string[] = usualPlaces()): string | undefined {
  const place = candidates.find((folder) => isWritableTmpfs(folder));
  return place === undefined ? undefined : join(place, name);
}

function usualPlaces(): readonly string[] {
  const uid = process.getuid?.() ?? 0;
  return [uid === 0 ? "/run" : `/run/user/${String(uid)}`, "/dev/shm"];
}

function isWritableTmpfs(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return statfsSync(folder).type === TMPFS;
  } catch {
    return false;
  }
}
