/** Mounts tmpfs with the system's mount and umount. For root on Linux. */
import { execFile } from "node:child_process";
import { readFile, realpath } from "node:fs/promises";
import { promisify } from "node:util";
import { least } from "./quantity.js";
import type { TmpfsMounter } from "./volumes.js";

const run = promisify(execFile);

/** A mounter if this process may mount, else undefined: it tries once, in this folder, which must be empty. */
export async function openTmpfsMounter(trialFolder: string): Promise<TmpfsMounter | undefined> {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return undefined;
  for (const options of [[NO_SWAP], []]) {
    if (await canMount(trialFolder, options)) return systemTmpfs(options);
  }
  return undefined;
}

/** Linux 6.4 and newer: what is in the mount never reaches a disk. */
const NO_SWAP = "noswap";

async function canMount(folder: string, options: readonly string[]): Promise<boolean> {
  try {
    await run("mount", ["-t", "tmpfs", "-o", ["size=4k", ...options].join(","), "tmpfs", folder]);
    await run("umount", [folder]);
    return true;
  } catch {
    return false;
  }
}

/** With the kubelet's options. */
function systemTmpfs(options: readonly string[]): TmpfsMounter {
  return {
    mount: async (folder, sizeBytes) => {
      if (await isMounted(folder)) return true;
      const all = [...(sizeBytes === undefined ? [] : [`size=${sizeBytes}`]), ...options];
      const flags = all.length === 0 ? [] : ["-o", all.join(",")];
      await run("mount", ["-t", "tmpfs", ...flags, "tmpfs", folder]);
      return true;
    },
    unmount: async (folder) => {
      if (await isMounted(folder)) await run("umount", ["-l", folder]);
    },
  };
}

/** The same with a size for every mount: no more than this. */
export function boundedTmpfs(tmpfs: TmpfsMounter, most: () => number | undefined): TmpfsMounter {
  return {
    ...tmpfs,
    mount: async (folder, sizeBytes) => await tmpfs.mount(folder, least(sizeBytes, most())),
  };
}

async function isMounted(folder: string): Promise<boolean> {
  let real: string;
  try {
    real = await realpath(folder);
  } catch {
    return false;
  }
  const points = (await readFile("/proc/self/mountinfo", "utf8")).split("\n").map((line) => line.split(" ")[4]);
  return points.includes(real.replaceAll(" ", "\\040"));
}
