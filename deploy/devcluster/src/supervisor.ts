// Starts, stops and starts again the components of one control plane, and notices the one that ends unasked.

import { join } from "node:path";
import { type Child, type ChildExit, describeExit, logTail, startChild } from "./child.js";
import type { ComponentName } from "./component-names.js";
import { DevclusterError } from "./errors.js";
import { pidFolder } from "./run-folder.js";

export type ServerName = Exclude<ComponentName, "kubectl">;

export interface Supervisor extends AsyncDisposable {
  start(name: ServerName, args: readonly string[]): void;
  stop(name: ServerName): Promise<void>;
  kill(name: ServerName): Promise<void>;
  /** Aborted, with the error as reason, when a component ended that nobody stopped. */
  readonly died: AbortSignal;
}

const LOG_LINES = 15;
const STOP_ORDER = ["kube-scheduler", "kube-controller-manager", "kube-apiserver", "etcd"] as const;
/** API server and etcd wait many seconds for idle watches; what was answered is stored by then. */
const STOP_GRACE_MS = 2_000;
/** On disposal the data is thrown away, so nothing is worth waiting for. */
const DISPOSE_GRACE_MS = 300;

export function createSupervisor(
  folder: string,
  programs: Readonly<Record<ComponentName, string>>,
  onDeath: (error: DevclusterError) => void,
): Supervisor {
  const running = new Map<ServerName, Child>();
  const died = new AbortController();
  const watch = (child: Child, exit: ChildExit): void => {
    if (child.stopping()) return;
    const error = deathOf(child, exit);
    died.abort(error);
    onDeath(error);
  };
  const start = (name: ServerName, args: readonly string[]): void => {
    const logFile = join(folder, "logs", `${name}.log`);
    const child = startChild({
      name,
      command: programs[name],
      args,
      logFile,
      cwd: folder,
      pidFolder: pidFolder(folder),
    });
    running.set(name, child);
    void child.exited.then((exit) => watch(child, exit));
  };
  return {
    start,
    stop: async (name) => void (await running.get(name)?.stop(STOP_GRACE_MS)),
    kill: async (name) => void (await running.get(name)?.kill()),
    died: died.signal,
    [Symbol.asyncDispose]: async () => stopInReverse(running),
  };
}

async function stopInReverse(running: ReadonlyMap<ServerName, Child>): Promise<void> {
  for (const name of STOP_ORDER) await running.get(name)?.stop(DISPOSE_GRACE_MS);
}

function deathOf(child: Child, exit: ChildExit): DevclusterError {
  const tail = logTail(child.logFile, LOG_LINES);
  const message = `${child.name} ${describeExit(exit)}; the end of its log:\n${tail}`;
  return new DevclusterError("component-died", message);
}
