/**
 * Where this machine keeps files in memory, for what must outlive the provider's process and must not reach a disk. The folder
 * is named by the state folder that it belongs to, so that what a lost state folder left can be found and removed.
 */
import { accessSync, constants, existsSync, lstatSync, readdirSync, rmSync, statfsSync } from "node:fs";
import { join } from "node:path";

const TMPFS = 0x01021994;
const LONGEST_NAME = 255;

/**
 * A folder on a tmpfs, not made yet. Undefined: there is no tmpfs that we can write, or the state folder's path is too long.
 * @param provider short name, as in ProviderDescription
 */
export function memoryFolder(
  provider: string,
  state: string,
  places: readonly string[] = usualPlaces(),
): string | undefined {
  const name = prefixOf(provider) + encodeURIComponent(state);
  const place = places.find((folder) => isWritableTmpfs(folder));
  return place === undefined || name.length > LONGEST_NAME ? undefined : join(place, name);
}

/** Removes this provider's folders whose state folder is gone: their pods are gone, and they hold secrets. */
export function sweepMemoryFolders(provider: string, places: readonly string[] = usualPlaces()): void {
  for (const place of places.filter((folder) => isWritableTmpfs(folder))) {
    for (const name of readdirSync(place)) {
      if (isOrphan(provider, place, name)) rmSync(join(place, name), { recursive: true, force: true });
    }
  }
}

function prefixOf(provider: string): string {
  return `outboard-${provider}-`;
}

function isOrphan(provider: string, place: string, name: string): boolean {
  if (!name.startsWith(prefixOf(provider))) return false;
  const found = lstatSync(join(place, name), { throwIfNoEntry: false });
  if (found?.isDirectory() !== true || found.uid !== process.getuid?.()) return false;
  try {
    const state = decodeURIComponent(name.slice(prefixOf(provider).length));
    return state.startsWith("/") && !existsSync(state);
  } catch {
    return false;
  }
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
