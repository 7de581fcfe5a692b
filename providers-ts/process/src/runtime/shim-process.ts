/** Starts a pod's shim in its namespaces, and ends one that does not listen any more. */
import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { RuntimeError } from "@outboard/provider-sdk";
import { namespaceWords, type Machine } from "../machine/machine.js";
import { processFacts, processTree, sendSignal, type ProcessFacts } from "../shim/processes.js";
import { readJournal } from "../shim/records.js";
import type { PodPaths, PodRecord } from "./pod-folder.js";

const KILL = 9;
/** In the pod's folder. */
const BOOT = "boot.sh";
const SHIM = fileURLToPath(new URL("../shim/main.js", import.meta.url));
/** A small young generation: the shim keeps little, and there is one per pod. */
const NODE_FLAGS = ["--max-semi-space-size=1", "--max-old-space-size=128"];

export interface ShimPlan {
  readonly machine: Machine;
  readonly paths: PodPaths;
  readonly hostname: string;
  readonly hostIpc: boolean;
  /** Path of the network namespace; undefined: the host's. */
  readonly network: string | undefined;
}

/** Resolves once the shim listens. Rejects with a RuntimeError; then it does not run. */
export async function startShim(plan: ShimPlan): Promise<NonNullable<PodRecord["shim"]>> {
  const [program = "", ...words] = shimArgv(plan);
  const log = openSync(plan.paths.shimLog, "a", 0o600);
  const child = spawn(program, words, {
    cwd: plan.paths.folder,
    detached: true,
    stdio: ["ignore", "pipe", log],
    env: { PATH: process.env["PATH"] },
  });
  closeSync(log);
  try {
    await whenReady(child, plan.paths);
  } catch (error) {
    if (child.pid !== undefined) sendSignal(child.pid, KILL);
    throw error;
  }
  child.unref();
  child.stdout?.destroy();
  const pid = child.pid ?? 0;
  return { pid, startTicks: processFacts(pid)?.startTicks ?? 0 };
}

function shimArgv(plan: ShimPlan): readonly string[] {
  const { machine, network } = plan;
  const node = [process.execPath, ...NODE_FLAGS, SHIM];
  if (machine.isolation === "none") return node;
  const enter =
    network === undefined || machine.tools.nsenter === undefined ? [] : [machine.tools.nsenter, `--net=${network}`];
  writeFileSync(join(plan.paths.folder, BOOT), bootScript(machine.isolation === "root"), { mode: 0o600 });
  return [
    ...enter,
    ...namespaceWords(machine.isolation, machine.tools, { hostIpc: plan.hostIpc }),
    machine.tools.sh,
    BOOT,
    plan.hostname,
    ...node,
  ];
}

/** The first process of the pod's process namespace: prepares /dev, reaps orphans, and takes the pod along when the shim dies. */
function bootScript(canMakeNodes: boolean): string {
  const nodes = "null:1:3 zero:1:5 full:1:7 random:1:8 urandom:1:9 tty:5:0";
  const make = canMakeNodes
    ? `IFS=:; set -- $n; unset IFS; mknod -m 666 "dev/$1" c "$2" "$3"`
    : `: >"dev/\${n%%:*}"; mount -n --bind "/dev/\${n%%:*}" "dev/\${n%%:*}"`;
  return [
    "set -e",
    'if [ -n "$1" ]; then hostname "$1" 2>/dev/null || { echo "$1" >/proc/sys/kernel/hostname; } 2>/dev/null || :; fi',
    "shift",
    "mkdir -p dev; mount -n -t tmpfs -o mode=755,nosuid dev dev",
    `for n in ${nodes}; do ( ${make} ); done`,
    "mkdir dev/pts dev/shm",
    "mount -n -t devpts -o newinstance,ptmxmode=0666,mode=0620,nosuid,noexec devpts dev/pts",
    "mount -n -t tmpfs -o mode=1777,size=64m,nosuid,nodev shm dev/shm",
    "ln -s pts/ptmx dev/ptmx; ln -s /proc/self/fd dev/fd",
    "ln -s fd/0 dev/stdin; ln -s fd/1 dev/stdout; ln -s fd/2 dev/stderr",
    '"$@" & wait $!',
  ].join("\n");
}

function whenReady(child: ChildProcess, paths: PodPaths): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (cause: unknown): void => {
      const text = cause instanceof Error ? cause.message : tail(paths.shimLog);
      reject(new RuntimeError("FailedCreatePodSandBox", `the pod's shim did not start: ${text}`));
    };
    child.once("error", fail);
    child.once("exit", fail);
    child.stdout?.once("data", () => {
      child.off("exit", fail);
      resolve();
    });
  });
}

function tail(path: string): string {
  const lines = readFileSync(path, "utf8").trim().split("\n");
  return lines.at(-1) ?? "";
}

/**
 * Kills a shim and what it ran, by the numbers on disk; numbers that were given to other processes since are left alone.
 * Returns what was killed, to be awaited.
 */
export function killShim(paths: PodPaths, record: PodRecord): readonly ProcessFacts[] {
  const roots = [
    record.shim,
    ...(record.isolated ? [] : readJournal(paths.journal).filter(({ exit }) => exit === undefined)),
  ];
  const living = roots.filter((root) => root !== undefined).filter(isSame);
  const all = living.flatMap(({ pid }) => processTree(pid));
  for (const { pid } of all) sendSignal(pid, KILL);
  return all;
}

/** The process still runs: not gone, not another one with its number, not dead and waiting to be collected. */
export function isSame({ pid, startTicks }: { readonly pid: number; readonly startTicks: number }): boolean {
  const facts = processFacts(pid);
  return facts !== undefined && facts.startTicks === startTicks && !facts.dead;
}
