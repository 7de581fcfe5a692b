/**
 * Starts one program through its launch script and tells whether it came as far as its own exec. Used for instances and
 * for exec sessions; with a terminal through script(1), which owns the terminal's master side.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import type { Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import type { Writable } from "node:stream";
import { makePipes, type Pipe, type PipeOwner } from "./pipes.js";
import { processFacts, onlyChild } from "./processes.js";

const TERMINAL_TRIES = 200;
const TERMINAL_PAUSE_MS = 5;

export interface LaunchOrder {
  readonly argv: readonly string[];
  readonly script: Buffer;
  readonly stdin: boolean;
  readonly tty: boolean;
  readonly owner: PipeOwner;
  /** Wait for "ok" on descriptor 4. */
  readonly confirmed: boolean;
}

export interface EndStatus {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly at: number;
}

export interface Launched {
  /** The spawned program; with a terminal, script(1)'s child. */
  readonly pid: number;
  readonly stdin: Writable | undefined;
  readonly stdout: Socket;
  readonly stderr: Socket | undefined;
  readonly ended: Promise<EndStatus>;
}

/** The program could not be started; the text is what the launch script said. */
export class LaunchError extends Error {
  override readonly name = "LaunchError";
  readonly reason: string;
  constructor(reason: string, message: string) {
    super(message);
    this.reason = reason;
  }
}

export async function launch(order: LaunchOrder): Promise<Launched> {
  const pipes = await makePipes(directions(order), order.owner);
  const [stdout, stderr, stdin] = order.tty ? [pipes[0], undefined, pipes[1]] : [pipes[0], pipes[1], pipes[2]];
  if (stdout === undefined) throw new LaunchError("CreateContainerError", "no pipe for the output");
  const child = order.tty ? spawnTerminal(order, stdout, stdin) : spawnPlain(order, stdout, { stderr, stdin });
  const ended = whenEnded(child);
  for (const { child: descriptor } of pipes) closeSync(descriptor);
  for (const { socket } of pipes) socket.on("error", () => undefined);
  if (child.pid === undefined)
    throw new LaunchError("CreateContainerError", `${order.argv[0] ?? ""} cannot be started`);
  await confirm(child, order, { ended, errors: stderr?.socket ?? stdout.socket });
  const pid = order.tty ? await inTerminal(child.pid) : child.pid;
  return { pid, stdin: stdin?.socket, stdout: stdout.socket, stderr: stderr?.socket, ended };
}

function directions({ tty, stdin }: LaunchOrder): readonly ("in" | "out")[] {
  if (tty) return ["out", "in"];
  return stdin ? ["out", "out", "in"] : ["out", "out"];
}

interface Ends {
  readonly stderr: Pipe | undefined;
  readonly stdin: Pipe | undefined;
}

function spawnPlain(order: LaunchOrder, stdout: Pipe, { stderr, stdin }: Ends): ChildProcess {
  const [program = "", ...words] = order.argv;
  // Above 2, "ignore" leaves a descriptor closed.
  const nothing = stdin === undefined ? openSync("/dev/null", "r") : undefined;
  const stdio = ["pipe", stdout.child, stderr?.child ?? "ignore", stdin?.child ?? nothing, "pipe"] as const;
  const child = spawn(program, words, { stdio: [...stdio], env: {}, cwd: "/", detached: true });
  if (nothing !== undefined) closeSync(nothing);
  feed(child.stdin, order.script);
  return child;
}

/** The launch script comes on descriptor 5, since 0 is the terminal. */
function spawnTerminal(order: LaunchOrder, stdout: Pipe, stdin: Pipe | undefined): ChildProcess {
  const command = `exec ${order.argv.map(quoteWord).join(" ")} 3<&0 0<&5 5<&-`;
  const child = spawn("script", ["-q", "-e", "-f", "--echo", "always", "-c", command, "/dev/null"], {
    stdio: [stdin?.child ?? "ignore", stdout.child, stdout.child, "ignore", "pipe", "pipe"],
    env: { PATH: process.env["PATH"], SHELL: "/bin/sh" },
    cwd: "/",
    detached: true,
  });
  feed((child.stdio as readonly unknown[])[5] as Writable | null, order.script);
  return child;
}

function feed(target: Writable | null, script: Buffer): void {
  target?.on("error", () => undefined);
  target?.end(script);
}

function quoteWord(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

function whenEnded(child: ChildProcess): Promise<EndStatus> {
  return new Promise((resolve) => {
    child.once("error", () => resolve({ code: null, signal: null, at: Date.now() }));
    child.once("exit", (code, signal) => resolve({ code, signal, at: Date.now() }));
  });
}

interface Watched {
  readonly ended: Promise<EndStatus>;
  readonly errors: Socket;
}

/** Resolves at "ok"; rejects with the script's own words, or with what was printed before it died. */
async function confirm(child: ChildProcess, order: LaunchOrder, { ended, errors }: Watched): Promise<void> {
  const status = child.stdio[4] as Socket | null;
  if (!order.confirmed || status === null) return;
  const said = await firstLine(status);
  status.destroy();
  if (said === "ok") return;
  await ended;
  const printed = said === "" ? (await firstLine(errors)).trim() : "";
  errors.destroy();
  const [, reason = "CreateContainerError", text = printed] = /^err (\S+) (.*)$/.exec(said) ?? [];
  throw new LaunchError(reason, text === "" ? "the launch script ended without a word" : text);
}

/** Text up to the first newline or the end. */
function firstLine(source: Socket): Promise<string> {
  return new Promise((resolve) => {
    let text = "";
    source.on("data", (bytes: Buffer) => {
      text += bytes.toString();
      if (text.includes("\n")) resolve(text.slice(0, text.indexOf("\n")));
    });
    source.once("end", () => resolve(text));
    source.once("error", () => resolve(text));
    source.once("close", () => resolve(text));
  });
}

/** script(1)'s child, once it has its terminal. */
async function inTerminal(pid: number): Promise<number> {
  for (let tries = 0; tries < TERMINAL_TRIES; tries += 1) {
    const child = onlyChild(pid);
    if (child !== undefined && processFacts(child)?.terminal !== undefined) return child;
    if (processFacts(pid) === undefined) break;
    await delay(TERMINAL_PAUSE_MS);
  }
  return pid;
}

/** The first process of an instance: the spawned one, or its only child where it forks. */
export function firstProcess(pid: number, nested: boolean): number {
  const child = nested ? onlyChild(pid) : pid;
  return child !== undefined && processFacts(child) !== undefined ? child : pid;
}
