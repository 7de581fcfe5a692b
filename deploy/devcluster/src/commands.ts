// The commands of `npm run devcluster`: up, down, status, kubeconfig. Each answers its exit code.

import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { logTail } from "./child.js";
import { ensureComponents } from "./components.js";
import { DevclusterError } from "./errors.js";
import { eventually } from "./eventually.js";
import { acquireFileLock } from "./file-lock.js";
import { isAlive, markOf, type ProcessMark, signalMarked } from "./process-mark.js";
import type { RunningCluster, StateFolder } from "./state.js";

export interface Terminal {
  /** Results: standard output. */
  out(line: string): void;
  /** Progress: standard error. */
  note(line: string): void;
}

const START_TIMEOUT_MS = 120_000;
const STOP_TIMEOUT_MS = 30_000;
const LOG_LINES = 20;

export async function up(state: StateFolder, terminal: Terminal, signal: AbortSignal): Promise<number> {
  const waiting = (): void => terminal.note("another `up` is at work; waiting for it");
  await using _lock = await acquireFileLock(join(state.folder, "up.lock"), waiting, signal);
  const already = state.running();
  if (already !== undefined) {
    terminal.note(`the control plane is already running (Kubernetes ${already.version}, ${already.server})`);
    printNext(already, terminal);
    return 0;
  }
  const { versions } = await ensureComponents({ report: (line) => terminal.note(line), signal });
  terminal.note(`starting etcd ${versions.etcd} and Kubernetes ${versions.kubernetes}`);
  const started = performance.now();
  const running = await startDetached(state, signal);
  terminal.note(`ready after ${((performance.now() - started) / 1000).toFixed(1)} s at ${running.server}`);
  printNext(running, terminal);
  return 0;
}

export async function down(state: StateFolder, terminal: Terminal, signal: AbortSignal): Promise<number> {
  const running = state.running();
  if (running === undefined) {
    state.forget();
    terminal.note("no control plane is running");
    return 0;
  }
  signalMarked(running.owner, "SIGTERM");
  await eventually(() => !isAlive(running.owner), {
    message: "end of the control plane",
    timeoutMs: STOP_TIMEOUT_MS,
    signal,
  });
  terminal.note("the control plane is stopped, its data is removed");
  return 0;
}

export function status(state: StateFolder, terminal: Terminal): number {
  const running = state.running();
  terminal.out(
    running === undefined
      ? "not running; start it with: npm run devcluster -- up"
      : `running: Kubernetes ${running.version} at ${running.server}, pid ${running.owner.pid}, logs in ${running.logFolder}`,
  );
  return running === undefined ? 1 : 0;
}

export function kubeconfig(state: StateFolder, terminal: Terminal): number {
  const running = state.running();
  if (running === undefined) {
    terminal.note("no control plane is running; start it with: npm run devcluster -- up");
    return 1;
  }
  terminal.out(running.kubeconfig);
  return 0;
}

async function startDetached(state: StateFolder, signal: AbortSignal): Promise<RunningCluster> {
  const mark = spawnServe(state);
  const ready = (): RunningCluster | undefined => state.running();
  const probe = (): RunningCluster | "ended" | undefined => ready() ?? (isAlive(mark) ? undefined : "ended");
  const outcome = await eventually(probe, {
    message: "start of the control plane",
    timeoutMs: START_TIMEOUT_MS,
    signal,
  });
  if (outcome !== "ended") return outcome;
  throw new DevclusterError("not-ready", `the control plane did not start:\n${logTail(state.logFile, LOG_LINES)}`);
}

function spawnServe(state: StateFolder): ProcessMark {
  const log = openSync(state.logFile, "w", 0o600);
  const child = spawn(process.execPath, [join(import.meta.dirname, "main.js"), "serve"], {
    detached: true,
    stdio: ["ignore", log, log],
    env: { ...process.env, DEVCLUSTER_DIR: state.folder },
  });
  closeSync(log);
  child.unref();
  const mark = child.pid === undefined ? undefined : markOf(child.pid);
  if (mark === undefined) throw new DevclusterError("not-ready", "the control plane's process did not start");
  return mark;
}

function printNext(running: RunningCluster, terminal: Terminal): void {
  terminal.out(`export KUBECONFIG=${running.kubeconfig}`);
  terminal.note("");
  terminal.note("next:");
  terminal.note(`  ${running.kubectl} get nodes        (none yet: a gateway registers one)`);
  terminal.note("  npx outboard gateway --node-name N --kubeconfig $KUBECONFIG --provider unix:///S");
  terminal.note("  npm run devcluster -- down");
}
