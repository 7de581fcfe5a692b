// A Node binary that pods of the process provider can run: their /tmp, /var/tmp and /run are their own, so a checkout that
// lies there is hidden from them, its Node included.

import { copyFileSync, existsSync, mkdirSync, renameSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";

const HIDDEN = ["/tmp/", "/var/tmp/", "/run/"];

/** Path of the binary, inside pods as outside. Copied once per version into the cache where needed. */
export function nodeInPods(): string {
  if (!HIDDEN.some((folder) => process.execPath.startsWith(folder))) return process.execPath;
  const cache = process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache");
  const copy = join(cache, "outboard", "node", process.version, "node");
  if (existsSync(copy)) return copy;
  mkdirSync(dirname(copy), { recursive: true });
  copyFileSync(process.execPath, `${copy}.${process.pid}`);
  renameSync(`${copy}.${process.pid}`, copy);
  return copy;
}
