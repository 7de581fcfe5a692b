/** Exec and attach over the streaming server: one SPDY stream per channel, as clients of Kubernetes speak it. */
import type { Readable, Writable } from "node:stream";
import type { SessionExit, SessionIO } from "@outboard/provider-sdk";
import { dialSpdy } from "./dial.js";
import type { SpdyConnection } from "./spdy/connection.js";
import { toExit } from "./verdict.js";

const PROTOCOLS = ["v4.channel.k8s.io"];
/** Of a verdict. */
const MOST_VERDICT_BYTES = 64 * 1024;

/** Runs the session at the URL to its end. An abort cuts the connection. Rejects when there is no session. */
export async function runSession(url: string, io: SessionIO, signal: AbortSignal): Promise<SessionExit> {
  const connection = await dialSpdy(url, PROTOCOLS, signal);
  try {
    return await converse(connection, io, signal);
  } finally {
    connection.destroy();
  }
}

async function converse(connection: SpdyConnection, io: SessionIO, signal: AbortSignal): Promise<SessionExit> {
  const open = (streamtype: string) => connection.open({ streamtype });
  // The server waits until all are there.
  const error = open("error");
  const stdin = io.stdin === undefined ? undefined : open("stdin");
  const stdout = open("stdout");
  const stderr = io.terminal === undefined ? open("stderr") : undefined;
  const resize = io.terminal === undefined ? undefined : open("resize");
  const broken = Promise.withResolvers<never>();
  broken.promise.catch(() => {});
  for (const sending of [sendInput(io, stdin), sendSizes(io, resize)]) sending.catch(broken.reject);
  const received = Promise.all([
    readText(error),
    deliver(stdout, (bytes) => io.stdout(bytes)),
    stderr === undefined ? undefined : deliver(stderr, (bytes) => io.stderr(bytes)),
  ]);
  const [verdict] = await Promise.race([received, broken.promise]);
  return signal.aborted ? { error: "the session was ended" } : toExit(verdict);
}

async function deliver(stream: Readable, take: (bytes: Uint8Array) => Promise<void>): Promise<void> {
  for await (const bytes of stream.iterator({ destroyOnReturn: false })) await take(bytes as Buffer);
}

async function readText(stream: Readable): Promise<string> {
  let text = "";
  for await (const bytes of stream.iterator({ destroyOnReturn: false })) {
    if (text.length < MOST_VERDICT_BYTES) text += String(bytes);
  }
  return text;
}

async function sendInput({ stdin }: SessionIO, stream: Writable | undefined): Promise<void> {
  if (stdin === undefined || stream === undefined) return;
  for await (const bytes of stdin) {
    if (!stream.writable) return;
    await send(stream, bytes);
  }
  stream.end();
}

async function sendSizes({ terminal }: SessionIO, stream: Writable | undefined): Promise<void> {
  if (terminal === undefined || stream === undefined) return;
  const report = (size: { readonly width: number; readonly height: number }): Promise<void> =>
    send(stream, Buffer.from(JSON.stringify({ Width: size.width, Height: size.height })));
  if (terminal.size !== undefined) await report(terminal.size);
  for await (const size of terminal.resizes) {
    if (!stream.writable) return;
    await report(size);
  }
}

/** Resolves once the bytes are on their way, or the stream has ended meanwhile. */
function send(stream: Writable, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve) => stream.write(bytes, () => resolve()));
}
