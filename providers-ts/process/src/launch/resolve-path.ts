/** Follows the links of an image's folder for a path as the container will see it, never leaving the folder. */
import { lstatSync, readlinkSync } from "node:fs";
import { posix } from "node:path";

const MAX_LINKS = 40;

/** The path without links, absolute in the container. Parts that do not exist stay as they are. */
export function resolveInRoot(root: string, path: string): string {
  let pending = path.split("/").filter(Boolean);
  let resolved = "/";
  for (let links = 0; pending.length > 0; ) {
    const [part = "", ...rest] = pending;
    pending = rest;
    const next = posix.join(resolved, part);
    const target = readLink(posix.join(root, next));
    if (target === undefined) {
      resolved = next;
      continue;
    }
    links += 1;
    if (links > MAX_LINKS) throw new Error(`too many links in ${path}`);
    pending = [...target.split("/").filter(Boolean), ...pending];
    if (target.startsWith("/")) resolved = "/";
  }
  return resolved;
}

function readLink(path: string): string | undefined {
  try {
    return lstatSync(path).isSymbolicLink() ? readlinkSync(path) : undefined;
  } catch {
    return undefined;
  }
}
