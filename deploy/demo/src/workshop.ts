// The demo's processes and its one temporary folder: everything started here is ended here, and checked to be gone.

import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Child,
  type ChildSpec,
  describeExit,
  endLeftovers,
  eventually,
  logTail,
  startChild,
} from "@outboard/devcluster";
import { parseStatusLine } from "./status-lines.js";
import { DemoFailure } from "./expect.js";

export interface Workshop extends AsyncDisposable {
  readonly folder: string;
  readonly socket: string;
  /** Starts one of our programs by its file in the repository. */
  start(name: string, file: string, args: readonly string[]): Child;
  /** Starts a program again that has ended by itself. */
  restart(child: Child): Child;
  /** Throws when a started program has ended, with the end of its log. */
  check(): void;
  /** TERM to all, last started first; afterwards throws when a process of the demo is still there. */
  stop(): Promise<void>;
}

export interface WaitOptions {
  readonly message: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

const ROOT = join(import.meta.dirname, "..", "..", "..");
const LOG_LINES = 8;
const LOG_WIDTH = 200;

export function openWorkshop(): Workshop {
  const folder = mkdtempSync(join(tmpdir(), "outboard-demo-"));
  const children: Child[] = [];
  const specs = new Map<Child, ChildSpec>();
  const launch = (spec: ChildSpec): Child => {
    const child = startChild(spec);
    children.push(child);
    specs.set(child, spec);
    return child;
  };
  const stop = async (): Promise<void> => {
    for (const child of children.splice(0).toReversed()) await child.stop();
  };
  return {
    folder,
    socket: join(folder, "provider.sock"),
    start: (name, file, args) => {
      const spec = { name, command: process.execPath, args: [join(ROOT, file), ...args] };
      return launch({ ...spec, logFile: join(folder, `${name}.log`) });
    },
    restart: (child) => {
      const spec = specs.get(child);
      if (spec === undefined) throw new Error(`${child.name} was not started here`);
      children.splice(children.indexOf(child), 1);
      return launch(spec);
    },
    check: () => {
      for (const child of children) checkChild(child);
    },
    stop: async () => {
      await stop();
      const left = endLeftovers(folder).map(({ pid, command }) => `${pid} ${command}`);
      if (left.length > 0) throw new DemoFailure(`processes were left behind: ${left.join(", ").slice(0, 400)}`);
    },
    [Symbol.asyncDispose]: async () => {
      await stop();
      endLeftovers(folder);
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** Starts the process provider, which keeps its state in the workshop's folder. */
export function startProvider(workshop: Workshop): Child {
  const state = join(workshop.folder, "state");
  mkdirSync(state, { mode: 0o700 });
  return workshop.start(
    "provider",
    "providers-ts/process/bin/outboard-provider-process.mjs",
    toFlags({
      listen: `unix://${workshop.socket}`,
      state: state,
    }),
  );
}

/** --name value for each entry. */
export function toFlags(values: Readonly<Record<string, string>>): string[] {
  return Object.entries(values).flatMap(([name, value]) => [`--${name}`, value]);
}

export const GATEWAY = "gateway/bin/outboard.mjs";

function checkChild(child: Child): void {
  const exit = child.exit();
  if (exit === undefined || child.stopping()) return;
  throw new DemoFailure(`the ${child.name} ${describeExit(exit)}; the end of its log:\n${readableTail(child.logFile)}`);
}

/** The last lines for a person: without the statuses that the table shows already, and not wider than a screen. */
function readableTail(file: string): string {
  const lines = logTail(file, Number.MAX_SAFE_INTEGER).split("\n");
  const said = lines.filter((line) => parseStatusLine(line).length === 0).slice(-LOG_LINES);
  return said.map((line) => `    ${line.slice(0, LOG_WIDTH)}`).join("\n");
}

/** Polls until the probe answers, but not for programs that have ended. Running out of time is a DemoFailure. */
export async function waitFor<T>(
  workshop: Workshop,
  probe: () => Promise<T | undefined | false> | T | undefined | false,
  options: WaitOptions,
): Promise<T> {
  const checks = new AbortController();
  const checked = async (): Promise<T | undefined | false> => {
    try {
      workshop.check();
    } catch (error) {
      checks.abort(error);
    }
    return checks.signal.aborted ? undefined : probe();
  };
  const signal = AbortSignal.any([options.signal, checks.signal]);
  return eventually(checked, { ...options, signal }).catch((error: unknown) => {
    if (signal.aborted) throw signal.reason;
    throw new DemoFailure(error instanceof Error ? error.message : String(error), { cause: error });
  });
}
