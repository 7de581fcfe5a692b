/**
 * The pod's folder in the state folder: STATE/pods/UID. Holds the pod's own record, the shim's journal, socket and log, and
 * the files that containers get. What is on disk here decides what the provider knows after a restart.
 */
import { mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Owner } from "@outboard/provider-sdk";
import { JOURNAL, SOCKET } from "../shim/records.js";

export interface PodRecord {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly owner: Owner;
  readonly sandboxId: string;
  /** "making": a crash here leaves a half-made pod, which is removed. */
  readonly stage: "making" | "ready" | "stopped";
  readonly hostNetwork: boolean;
  /** It runs in a process namespace of its own, which takes everything along. */
  readonly isolated: boolean;
  readonly sharesProcesses: boolean;
  readonly hostname: string;
  readonly podIPs: readonly string[];
  readonly hostIPs: readonly string[];
  /** Outermost process of the shim, in the host's numbers. */
  readonly shim: { readonly pid: number; readonly startTicks: number } | undefined;
}

export interface PodPaths {
  readonly folder: string;
  readonly record: string;
  readonly journal: string;
  readonly socket: string;
  readonly shimLog: string;
  readonly dev: string;
  readonly hosts: string;
  readonly hostname: string;
  readonly resolvConf: string;
  readonly instances: string;
}

/** Rejects ids that are no single path component. */
export function podPaths(state: string, uid: string): PodPaths {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/.test(uid)) throw new Error("pod uid is not usable as a folder name");
  const folder = join(state, "pods", uid);
  return {
    folder,
    record: join(folder, "pod.json"),
    journal: join(folder, JOURNAL),
    socket: join(folder, SOCKET),
    shimLog: join(folder, "shim.log"),
    dev: join(folder, "dev"),
    hosts: join(folder, "hosts"),
    hostname: join(folder, "hostname"),
    resolvConf: join(folder, "resolv.conf"),
    instances: join(folder, "instances"),
  };
}

export function listPodFolders(state: string): readonly string[] {
  mkdirSync(join(state, "pods"), { recursive: true, mode: 0o700 });
  return readdirSync(join(state, "pods"));
}

/** Undefined: no such pod, or one that was never written whole. */
export function readPodRecord(paths: PodPaths): PodRecord | undefined {
  try {
    return JSON.parse(readFileSync(paths.record, "utf8")) as PodRecord;
  } catch {
    return undefined;
  }
}

export function writePodRecord(paths: PodPaths, record: PodRecord): void {
  const next = `${paths.record}.next`;
  writeFileSync(next, JSON.stringify(record), { mode: 0o600, flush: true });
  renameSync(next, paths.record);
}
