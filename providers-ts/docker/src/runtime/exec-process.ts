/** Processes of the engine on this machine. What is not seen as ours to touch is left alone. */
import { readFileSync } from "node:fs";
import type { ExecInspect } from "../api/objects.js";

/** The engine cannot end a command; on the same machine we can. */
export async function killExec({ Running, Pid }: ExecInspect, containerId: string): Promise<void> {
  if (!Running || !isOf(Pid, containerId)) return await Promise.resolve();
  try {
    process.kill(Pid, "SIGKILL");
  } catch {
    // It ended by itself, or is not ours.
  }
}

/** Whether this process number means a process of that container here: engines elsewhere have numbers of their own. */
export function isOf(pid: number | undefined, containerId: string): pid is number {
  if (pid === undefined || pid <= 0) return false;
  try {
    return readFileSync(`/proc/${String(pid)}/cgroup`, "utf8").includes(containerId);
  } catch {
    return false;
  }
}

export interface ProcessIds {
  readonly uid: bigint;
  readonly gid: bigint;
  readonly supplementalGroups: readonly bigint[];
}

/** User and groups that a container's first process has; undefined: not to be seen from here. */
export function idsOf(pid: number | undefined, containerId: string): ProcessIds | undefined {
  if (!isOf(pid, containerId)) return undefined;
  try {
    const status = readFileSync(`/proc/${String(pid)}/status`, "utf8");
    const words = (name: string): readonly string[] =>
      new RegExp(`^${name}:\\s*(.*)$`, "m").exec(status)?.[1]?.trim().split(/\s+/) ?? [];
    const [uid] = words("Uid");
    const [gid] = words("Gid");
    if (uid === undefined || gid === undefined) return undefined;
    return { uid: BigInt(uid), gid: BigInt(gid), supplementalGroups: words("Groups").filter(Boolean).map(BigInt) };
  } catch {
    return undefined;
  }
}
