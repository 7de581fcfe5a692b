/** Runs the real program and the memory provider as processes, for tests. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { Report } from "../../report/report.js";
import { pause } from "../../suite/pause.js";

/** Root of the repository. */
export const ROOT: string = fileURLToPath(new URL("../../../..", import.meta.url));
const SUITE = path.join(ROOT, "conformance/bin/outboard-conformance.mjs");
const MEMORY = path.join(ROOT, "providers-ts/memory/bin/outboard-provider-memory.mjs");

/** Words that start the memory provider. */
export const MEMORY_COMMAND: readonly string[] = [process.execPath, MEMORY];

/** Flags that judge the memory provider. */
export const MEMORY_FLAGS: readonly string[] = [
  "--launch",
  `${process.execPath} ${MEMORY} --testing`,
  "--kit",
  "memory",
];

/** How a call of the program ended. */
export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** What may be set for a call. */
export interface Call {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly onStart?: (child: ChildProcess) => Promise<void>;
  /** Told of everything that is printed. */
  readonly onText?: (text: string, child: ChildProcess) => void;
}

/** Runs it to its end. */
export async function program(args: readonly string[], { env = {}, cwd, onStart, onText }: Call = {}): Promise<Ended> {
  const place = cwd === undefined ? {} : { cwd };
  const child = spawn(process.execPath, [SUITE, ...args], { env: { ...process.env, ...env }, ...place });
  const said = { out: "", err: "" };
  const keep = (stream: keyof typeof said) => (data: Buffer) => {
    said[stream] += data.toString("utf8");
    onText?.(data.toString("utf8"), child);
  };
  child.stdout.on("data", keep("out"));
  child.stderr.on("data", keep("err"));
  const closed = once(child, "close");
  await onStart?.(child);
  const [code] = (await closed) as [number | null];
  return { code, ...said };
}

/** The JSON report of a folder. */
export function reportIn(folder: string): Report {
  return JSON.parse(readFileSync(path.join(folder, "report.json"), "utf8")) as Report;
}

/** A folder of this test, removed by disposing of it. */
export function temporaryFolder(): Disposable & { readonly path: string } {
  const folder = mkdtempSync(path.join(tmpdir(), "obct-"));
  return { path: folder, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
}

/** A memory provider that listens; disposing of it ends it. */
export async function startMemory(folder: string): Promise<AsyncDisposable & { readonly socket: string }> {
  const socket = path.join(folder, "m.sock");
  const [command = "", ...args] = MEMORY_COMMAND;
  const child = spawn(command, [...args, "--testing", "--listen", `unix://${socket}`], { stdio: "ignore" });
  await eventually(() => existsSync(socket) || child.exitCode !== null);
  const close = async () => {
    child.kill("SIGKILL");
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  };
  return { socket, [Symbol.asyncDispose]: close };
}

const EVENTUALLY_MS = 20_000;

/** Waits for the thing itself. @throws Error when it does not come */
export async function eventually(test: () => boolean): Promise<void> {
  const until = performance.now() + EVENTUALLY_MS;
  while (!test()) {
    if (performance.now() > until) throw new Error(`not within ${EVENTUALLY_MS} ms`);
    await pause(20, new AbortController().signal);
  }
}
