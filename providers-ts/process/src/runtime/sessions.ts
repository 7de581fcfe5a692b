/** Exec and attach: frames of the shim's socket to and from a session's streams, with back-pressure both ways. */
import type { Socket } from "node:net";
import type { TerminalSize } from "@outboard/contract";
import type { SessionExit, SessionIO } from "@outboard/provider-sdk";
import { FRAME, FrameReader, frameParts } from "../shim/protocol.js";
import type { OpenLink } from "./shim-link.js";

const OUTPUT: ReadonlySet<number> = new Set([FRAME.stdout, FRAME.stderr]);

export async function runSession(link: OpenLink, io: SessionIO, signal: AbortSignal): Promise<SessionExit> {
  const { socket } = link;
  const abort = (): void => void socket.destroy();
  signal.addEventListener("abort", abort, { once: true });
  if (signal.aborted) abort();
  const sending = Promise.all([sendInput(socket, io), sendResizes(socket, io)]);
  sending.catch(abort);
  try {
    return (
      (await receive(link, io)) ?? { error: signal.aborted ? "the session was ended" : "the shim ended the session" }
    );
  } finally {
    signal.removeEventListener("abort", abort);
    socket.destroy();
  }
}

/** Hands output on, one piece after the other; the exit, or undefined when the connection ended without. */
async function receive({ socket, head }: OpenLink, io: SessionIO): Promise<SessionExit | undefined> {
  let exit: SessionExit | undefined;
  const reader = new FrameReader(OUTPUT);
  const take = async (bytes: Buffer): Promise<void> => {
    for (const { kind, body } of reader.take(bytes)) {
      if (kind === FRAME.stdout) await io.stdout(body);
      if (kind === FRAME.stderr) await io.stderr(body);
      if (kind === FRAME.exit) exit = JSON.parse(body.toString()) as SessionExit;
    }
  };
  await take(head);
  try {
    for await (const bytes of socket) await take(bytes as Buffer);
  } catch {
    // Destroyed: the exit frame, if there was one, is what counts.
  }
  return exit;
}

async function sendInput(socket: Socket, { stdin }: SessionIO): Promise<void> {
  if (stdin === undefined) return;
  for await (const bytes of stdin) await send(socket, FRAME.stdin, bytes);
  await send(socket, FRAME.end, new Uint8Array());
}

async function sendResizes(socket: Socket, { terminal }: SessionIO): Promise<void> {
  if (terminal === undefined) return;
  const report = (size: TerminalSize): Promise<void> => send(socket, FRAME.resize, Buffer.from(JSON.stringify(size)));
  if (terminal.size !== undefined) await report(terminal.size);
  for await (const size of terminal.resizes) await report(size);
}

function send(socket: Socket, kind: number, bytes: Uint8Array): Promise<void> {
  if (socket.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      socket.off("close", done);
      resolve();
    };
    socket.once("close", done);
    const [head, body] = frameParts(kind, bytes);
    socket.cork();
    socket.write(head);
    socket.write(body, done);
    socket.uncork();
  });
}
