/**
 * A folder with copies of the few host programs that a launch needs after the change of root, and of their libraries, for
 * images that hold no such programs. They are started through the copied loader, so that nothing of the image is used.
 */
import { chmodSync, copyFileSync, mkdirSync } from "node:fs";
import { basename, join } from "node:path";
import type { Probe } from "../machine/probe.js";

/** Where containers of such images find the folder. */
export const TOOL_MOUNT = "/.outboard";

const PROGRAMS = ["env", "setpriv", "umount", "rmdir", "mount"];

export interface ToolFolder {
  readonly folder: string;
  /** File name of the loader. */
  readonly loader: string;
}

/** Undefined, with a reason, where it cannot be made. */
export function makeToolFolder(probe: Probe, folder: string): ToolFolder | string {
  const programs = PROGRAMS.map((name) => probe.find(name));
  if (programs.includes(undefined)) return `not all of ${PROGRAMS.join(", ")} are on this host`;
  const listing = probe.run(["ldd", ...programs.flatMap((path) => path ?? [])]).output;
  const libraries = new Set([...listing.matchAll(/(\/\S+) \(0x/g)].map(([, path]) => path ?? ""));
  const loader = [...libraries].map((path) => basename(path)).find((name) => /^ld[-.]/.test(name));
  if (loader === undefined) return "the host's programs name no loader";
  mkdirSync(folder, { recursive: true });
  for (const path of [...programs.flatMap((program) => program ?? []), ...libraries]) {
    copyFileSync(path, join(folder, basename(path)));
    chmodSync(join(folder, basename(path)), 0o755);
  }
  chmodSync(folder, 0o755);
  return { folder, loader };
}

/** Words that start a program of the folder inside a container. */
export function toolWords({ loader }: ToolFolder, program: string): string {
  return `${TOOL_MOUNT}/${loader} --library-path ${TOOL_MOUNT} ${TOOL_MOUNT}/${basename(program)}`;
}
