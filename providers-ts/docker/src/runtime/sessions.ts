/** Exec and attach: a connection taken over from the engine, to and from a session's streams, with back-pressure both ways. */
import { type Clock, type SessionExit, type SessionIO, sleep } from "@outboard/provider-sdk";
import type { Connection, Hijacked } from "../api/connection.js";
import { EngineAway } from "../api/errors.js";
import { Demultiplexer } from "../api/frames.js";
import type { ExecInspect } from "../api/objects.js";
import { killExec } from "./exec-process.js";
import { followSizes, type SizeTools } from "./terminal-size.js";

/** Never typed by anybody: the engine would leave the session at its own ctrl-p ctrl-q. */
const DETACH_KEYS = "ctrl-^,ctrl-_,ctrl-^,ctrl-_,ctrl-^,ctrl-_";
const POLL_MS = 50;
/** What a container wrote last comes sooner after its end. */
const CLOSE_MS = 5_000;
const RESIZE_TRIES = 20;

export interface SessionTools {
  readonly connection: Connection;
  readonly clock: Clock;
}

export interface ExecOrder {
  readonly containerId: string;
  readonly command: readonly string[];
}

export async function runExec(
  tools: SessionTools,
  order: ExecOrder,
  io: SessionIO,
  signal: AbortSignal,
): Promise<SessionExit> {
  const { connection } = tools;
  const tty = io.terminal !== undefined;
  let isAsked = false;
  try {
    const { Id } = await createExec(connection, order, io);
    isAsked = true;
    const path = `/exec/${Id}/start`;
    const hijacked = await connection.hijack({ method: "POST", path, body: { Detach: false, Tty: tty } });
    return await follow(tools, { Id, hijacked, containerId: order.containerId }, io, signal);
  } catch (error) {
    if (!(error instanceof EngineAway)) throw error;
    return { error: error.message, ...(isAsked && error.isHeard ? { isLost: true } : { isUnbegun: true }) };
  }
}

async function createExec(
  connection: Connection,
  { containerId, command }: ExecOrder,
  io: SessionIO,
): Promise<{ readonly Id: string }> {
  const tty = io.terminal !== undefined;
  return await connection.json({
    method: "POST",
    path: `/containers/${containerId}/exec`,
    body: {
      AttachStdin: io.stdin !== undefined,
      AttachStdout: true,
      AttachStderr: !tty,
      Tty: tty,
      Cmd: command,
      DetachKeys: DETACH_KEYS,
    },
  });
}

interface Begun {
  readonly Id: string;
  readonly hijacked: Hijacked;
  readonly containerId: string;
}

async function follow(
  { connection, clock }: SessionTools,
  { Id, hijacked, containerId }: Begun,
  io: SessionIO,
  signal: AbortSignal,
): Promise<SessionExit> {
  const look = async (): Promise<ExecInspect> => await connection.json({ method: "GET", path: `/exec/${Id}/json` });
  const resize = resizer({ connection, clock }, `/exec/${Id}/resize`);
  await carry(hijacked, io, { clock, resize, signal, isRaw: io.terminal !== undefined });
  if (signal.aborted) {
    await killExec(await look(), containerId);
    return { error: "the session was ended" };
  }
  return await awaitExit(look, clock, signal);
}

/** An engine that has gone away forgets its sessions. */
async function awaitExit(look: () => Promise<ExecInspect>, clock: Clock, signal: AbortSignal): Promise<SessionExit> {
  for (;;) {
    const seen = await look().catch((error: unknown) => error);
    if (seen instanceof Error) return { error: seen.message, isLost: true };
    const { Running, ExitCode } = seen as ExecInspect;
    if (!Running) return ExitCode === null ? { error: "the exit code is not known" } : { exitCode: ExitCode };
    await sleep(clock, POLL_MS, signal);
  }
}

export interface AttachOrder {
  readonly containerId: string;
  /** The container has a terminal. */
  readonly tty: boolean;
  /** Resolves when the container has ended. */
  readonly ended: (signal: AbortSignal) => Promise<SessionExit | undefined>;
}

export async function runAttach(
  { connection, clock }: SessionTools,
  { containerId, tty, ended }: AttachOrder,
  io: SessionIO,
  signal: AbortSignal,
): Promise<SessionExit> {
  const query = new URLSearchParams({
    stream: "1",
    stdout: "1",
    stderr: "1",
    stdin: io.stdin === undefined ? "0" : "1",
    detachKeys: DETACH_KEYS,
  });
  const hijacked = await connection.hijack({
    method: "POST",
    path: `/containers/${containerId}/attach?${query.toString()}`,
  });
  const resize = resizer({ connection, clock }, `/containers/${containerId}/resize`);
  const end = ended(signal);
  const closing = new AbortController();
  void closeAfter(end, clock, signal).then(() => closing.abort());
  await carry(hijacked, io, { clock, resize, signal: AbortSignal.any([signal, closing.signal]), isRaw: tty });
  return (await end) ?? { error: "the session was ended" };
}

/** An engine closes by itself; but podman makes a container anew that ended as it was attached to, and stays. */
async function closeAfter(end: Promise<unknown>, clock: Clock, signal: AbortSignal): Promise<void> {
  await end.catch(() => {}); // the session tells it
  await sleep(clock, CLOSE_MS, signal).catch(() => {});
}

interface Carrying extends SizeTools {
  readonly signal: AbortSignal;
  /** A terminal's bytes come without frames. */
  readonly isRaw: boolean;
}

/** Resolves when the engine has closed its side, or the signal is aborted. */
async function carry({ socket, head }: Hijacked, io: SessionIO, carrying: Carrying): Promise<void> {
  const { signal, isRaw } = carrying;
  const over = new AbortController();
  const abort = (): void => void socket.destroy();
  signal.addEventListener("abort", abort, { once: true });
  if (signal.aborted) abort();
  socket.on("error", () => {}); // the end of the reading loop says it
  const sizes = io.terminal && followSizes(io.terminal, carrying, AbortSignal.any([signal, over.signal]));
  const sending = Promise.all([sendInput(socket, io), sizes]);
  sending.catch(abort);
  const frames = new Demultiplexer();
  const take = async (chunk: Buffer): Promise<void> => {
    if (isRaw) return await io.stdout(chunk);
    for (const { stream, bytes } of frames.take(chunk)) {
      await (stream === "stderr" ? io.stderr(bytes) : io.stdout(bytes));
    }
  };
  try {
    if (head.length > 0) await take(head);
    for await (const chunk of socket) await take(chunk as Buffer);
  } catch {
    // Destroyed or broken: how the process ended is asked for.
  } finally {
    signal.removeEventListener("abort", abort);
    over.abort();
    socket.destroy();
  }
}

async function sendInput(socket: Hijacked["socket"], { stdin }: SessionIO): Promise<void> {
  if (stdin === undefined) return;
  for await (const bytes of stdin) {
    if (socket.destroyed) return;
    await new Promise<void>((resolve) => void socket.write(bytes, () => resolve()));
  }
  socket.end();
}

/** A process that has just been asked for may have no terminal yet: asked again a few times. */
function resizer({ connection, clock }: SessionTools, path: string): Carrying["resize"] {
  return async ({ width, height }, signal) => {
    const query = new URLSearchParams({ w: String(width), h: String(height) });
    for (let tries = 0; tries < RESIZE_TRIES && !signal.aborted; tries += 1) {
      try {
        return await connection.json<void>({ method: "POST", path: `${path}?${query.toString()}` });
      } catch {
        await sleep(clock, POLL_MS, signal).catch(() => {}); // ends by itself
      }
    }
  };
}
