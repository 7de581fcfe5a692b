/** Mounts tmpfs with the system's mount and umount. For root on Linux. */
import { execFile } from "node:child_process";
import { readFile, realpath } from "node:fs/promises";
import { promisify } from "node:util";
import type { TmpfsMounter } from "./volumes.js";

const run = promisify(execFile);

/** A mounter if this process may mount, else undefined: it tries once, in this folder, which must be empty. */
export async function openTmpfsMounter(trialFolder: string): Promise<TmpfsMounter | undefined> {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return undefined;
  try {
    await run("mount", ["-t", "tmpfs", "-o", "size=4k,mode=0700", "tmpfs", trialFolder]);
    await run("umount", [trialFolder]);
    return systemTmpfs;
  } catch {
    return undefined;
  }
}

const systemTmpfs: TmpfsMounter = {
  mount: async (folder, sizeBytes) => {
    if (await isMounted(folder)) return true;
    const size = sizeBytes === undefined ? [] : [`size=${sizeBytes}`];
    await run("mount", ["-t", "tmpfs", "-o", ["mode=0755", "nodev", "nosuid", ...size].join(","), "tmpfs", folder]);
    return true;
  },
  unmount: async (folder) => {
    if (await isMounted(folder)) await run("umount", ["-l", folder]);
  },
};

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
