// The detached process behind `devcluster up`: owns the control plane until it is told to end.

import { renameSync, writeFileSync } from "node:fs";
import { type Cluster, startCluster } from "./cluster.js";
import { markOf } from "./process-mark.js";
import type { RunningCluster, StateFolder } from "./state.js";

export async function serve(state: StateFolder): Promise<void> {
  const ended = endSignal();
  await using cluster = await startCluster({ parentFolder: state.folder, signal: ended });
  writeReady(state, cluster);
  await untilAborted(AbortSignal.any([ended, cluster.died]));
  state.forget();
  if (cluster.died.aborted) cluster.keepLogs();
}

function endSignal(): AbortSignal {
  const controller = new AbortController();
  for (const name of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.once(name, () => controller.abort());
  return controller.signal;
}

async function untilAborted(signal: AbortSignal): Promise<void> {
  const keepAlive = setInterval(() => undefined, 60_000);
  if (!signal.aborted)
    await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
  clearInterval(keepAlive);
}

function writeReady(state: StateFolder, cluster: Cluster): void {
  const owner = markOf(process.pid);
  if (owner === undefined) throw new Error("cannot read the start time of this process");
  const running: RunningCluster = {
    owner,
    version: cluster.version,
    server: cluster.server,
    kubeconfig: cluster.adminKubeconfig,
    kubectl: cluster.kubectlPath,
    logFolder: cluster.logFolder,
  };
  writeFileSync(`${state.readyFile}.new`, JSON.stringify(running));
  renameSync(`${state.readyFile}.new`, state.readyFile);
}
