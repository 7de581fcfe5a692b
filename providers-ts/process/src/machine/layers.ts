/** Which folders of an image's root become layers. Inside a user namespace the root as a whole cannot be one. */
import { readdirSync, readlinkSync, statSync } from "node:fs";
import { posix } from "node:path";
import type { Layer } from "../launch/root.js";

export interface RootLayers {
  readonly layers: readonly Layer[];
  readonly links: readonly (readonly [at: string, target: string])[];
}

const OWN = new Set(["proc", "dev", "sys"]);
/** Folders of the host that are never shown. */
export const EMPTIED: readonly string[] = ["/tmp", "/var/tmp", "/run"];
const DISKS = new Set([
  "ext2",
  "ext3",
  "ext4",
  "xfs",
  "btrfs",
  "zfs",
  "f2fs",
  "overlay",
  "tmpfs",
  "nfs",
  "nfs4",
  "fuse",
  "virtiofs",
]);

/** The root as one layer, and one more for each disk mounted below it. Files mounted one by one are left out. */
export function wholeRoot(root: string, mountinfo: string, hidden: readonly string[]): RootLayers {
  const skipped = ["/proc", "/dev", "/sys", ...EMPTIED, ...hidden];
  const isShown = (path: string): boolean => !skipped.some((one) => isWithin(one, path)) && isFolder(path);
  const below = root === "/" ? diskMounts(mountinfo).filter(isShown) : [];
  const layers = [{ lower: root, at: "/" }, ...below.sort().map((path) => ({ lower: path, at: path }))];
  return { layers, links: [] };
}

/** Each folder at the root as a layer of its own, links as they are. */
export function rootByParts(root: string): RootLayers {
  const entries = readdirSync(root, { withFileTypes: true }).filter(({ name }) => !OWN.has(name));
  return {
    layers: entries.flatMap((entry) =>
      entry.isDirectory() ? [{ lower: posix.join(root, entry.name), at: `/${entry.name}` }] : [],
    ),
    links: entries.flatMap((entry) =>
      entry.isSymbolicLink() ? [[`/${entry.name}`, readlinkSync(posix.join(root, entry.name))] as const] : [],
    ),
  };
}

function diskMounts(mountinfo: string): readonly string[] {
  return mountinfo.split("\n").flatMap((line) => {
    const [left = "", right = ""] = line.split(" - ");
    const path = left.split(" ")[4] ?? "/";
    return path !== "/" && DISKS.has(right.split(" ")[0] ?? "") && !path.includes("\\") ? [path] : [];
  });
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function isWithin(folder: string, path: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}
