// The life of one runtime daemon: started and answering, killed or stopped alone, started again.

import { dirname } from "node:path";
import { type Child, describeExit, eventually, logTail, startChild } from "@outboard/devcluster";
import { RuntimesError } from "./errors.js";

export interface DaemonSpec {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly logFile: string;
  /** True once it serves. */
  readonly isReady: () => Promise<boolean>;
}

export interface Daemon {
  /** SIGKILL to the daemon alone: containers go on. */
  kill(): Promise<void>;
  /** SIGTERM to the daemon alone. */
  stop(): Promise<void>;
  /** Starts it again after kill or stop (a running one is stopped), and waits until it answers. */
  restart(): Promise<void>;
}

const READY_MS = 45_000;
const STOP_MS = 10_000;

export async function startDaemon(spec: DaemonSpec): Promise<Daemon> {
  const state = { child: await start(spec) };
  return {
    kill: async () => void (await state.child.kill()),
    stop: async () => void (await state.child.stop(STOP_MS)),
    restart: async () => {
      if (state.child.exit() === undefined) await state.child.stop(STOP_MS);
      state.child = await start(spec);
    },
  };
}

async function start(spec: DaemonSpec): Promise<Child> {
  // Some leave files where they run.
  const child = startChild({ ...spec, cwd: dirname(spec.logFile) });
  const ready = async (): Promise<boolean> => child.exit() !== undefined || (await spec.isReady());
  await eventually(ready, { message: `${spec.name} serving`, timeoutMs: READY_MS }).catch(async (error: unknown) => {
    await child.kill();
    throw error;
  });
  const exit = child.exit();
  if (exit === undefined) return child;
  throw new RuntimesError("not-ready", `${spec.name} ${describeExit(exit)}:\n${logTail(spec.logFile, 10)}`);
}
