// A program of ours under test: started, killed, frozen and started again, all its output in one log file.

import { readFileSync } from "node:fs";
import { type Child, type ChildExit, describeExit, logTail, startChild } from "@outboard/devcluster";

export interface Program {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
}

export interface ManagedProcess extends AsyncDisposable {
  readonly name: string;
  readonly logFile: string;
  start(): void;
  /** TERM, then KILL after graceMs (default 10 s). Answers how it ended; undefined when it did not run. */
  stop(graceMs?: number): Promise<ChildExit | undefined>;
  /** kill -9. */
  kill(): Promise<void>;
  /** SIGSTOP: the process is there but does not answer. */
  freeze(): void;
  thaw(): void;
  pid(): number | undefined;
  /** How it ended; undefined while it runs. */
  exit(): ChildExit | undefined;
  /** Throws, with the end of the log, unless the process runs. */
  expectRunning(): void;
  /** Everything it wrote, over all starts. */
  log(): string;
}

const LOG_LINES = 30;

export function manageProcess(program: Program, logFile: string): ManagedProcess {
  let child: Child | undefined;
  const live = (): Child | undefined => (child?.exit() === undefined ? child : undefined);
  const stop = async (graceMs?: number): Promise<ChildExit | undefined> => live()?.stop(graceMs);
  return {
    name: program.name,
    logFile,
    start: () => {
      if (live() !== undefined) throw new Error(`${program.name} is already running`);
      child = startChild({ ...program, logFile });
    },
    stop,
    kill: async () => void (await live()?.kill()),
    freeze: () => live()?.signal("SIGSTOP"),
    thaw: () => live()?.signal("SIGCONT"),
    pid: () => live()?.pid,
    exit: () => child?.exit(),
    expectRunning: () => {
      const exit = child?.exit();
      if (child !== undefined && exit === undefined) return;
      const how = exit === undefined ? "was not started" : describeExit(exit);
      throw new Error(`${program.name} ${how}; the end of its log:\n${logTail(logFile, LOG_LINES)}`);
    },
    log: () => readLog(logFile),
    [Symbol.asyncDispose]: async () => void (await stop()),
  };
}

function readLog(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
