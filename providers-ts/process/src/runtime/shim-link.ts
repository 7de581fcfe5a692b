/** The provider's side of a shim's socket. */
import { closeSync, constants, openSync } from "node:fs";
import { createConnection, type Socket } from "node:net";
import { basename, dirname } from "node:path";
import { RuntimeError } from "@outboard/provider-sdk";
import type { Hello, InstanceRecord, ShimAnswer, ShimRequest } from "../shim/protocol.js";

const NEWLINE = 0x0a;
/** The kernel takes 107 bytes. */
const MAX_PATH_BYTES = 100;

/** The shim does not answer: it is dead, or its folder is gone. */
export class ShimGone extends Error {
  override readonly name = "ShimGone";
}

export interface OpenLink {
  readonly socket: Socket;
  /** Bytes that came behind the answer line. */
  readonly head: Buffer;
  readonly value: unknown;
}

/** Asks and returns the answer's value. Rejects with ShimGone, or a RuntimeError as the shim said. */
export async function askShim<Value>(path: string, request: ShimRequest): Promise<Value> {
  const { socket, value } = await openLink(path, request);
  socket.destroy();
  return value as Value;
}

/** As askShim, keeping the connection. The socket is paused. */
export async function openLink(path: string, request: ShimRequest): Promise<OpenLink> {
  const socket = await connectTo(path, request.op === "dial");
  socket.write(`${JSON.stringify(request)}\n`);
  const { line, head } = await readAnswer(socket);
  const answer = JSON.parse(line) as ShimAnswer;
  if (answer.kind === "ok") return { socket, head, value: answer.value };
  socket.destroy();
  throw new RuntimeError(answer.reason, answer.message);
}

/** Version of the shim's protocol; undefined: from before there were versions. */
export async function askVersion(path: string): Promise<number | undefined> {
  const hello = await askShim<Hello | null | undefined>(path, { op: "hello" });
  return hello?.version;
}

/** Hears of the shim's end and of nothing else, whatever its version. Call the result to stop. */
export async function awaitEnd(path: string, onClose: () => void): Promise<() => void> {
  const socket = await connectTo(path, false);
  socket.once("close", onClose);
  socket.resume();
  return () => {
    socket.off("close", onClose);
    socket.destroy();
  };
}

/** Instances that ended, those of the past first; `onClose` when the shim ends. Call the result to stop. */
export async function watchShim(
  path: string,
  onEnd: (record: InstanceRecord) => void,
  onClose: () => void,
): Promise<() => void> {
  const { socket, head } = await openLink(path, { op: "watch" });
  let text = "";
  const take = (bytes: Buffer): void => {
    text += bytes.toString();
    const lines = text.split("\n");
    text = lines.pop() ?? "";
    for (const line of lines) onEnd(JSON.parse(line) as InstanceRecord);
  };
  take(head);
  socket.on("data", take);
  socket.once("close", onClose);
  socket.resume();
  return () => {
    socket.off("close", onClose);
    socket.destroy();
  };
}

function connectTo(path: string, allowHalfOpen: boolean): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const short = shorten(path, reject);
    if (short === undefined) return;
    const socket = createConnection({ path: short.path, allowHalfOpen });
    const fail = (error: Error): void => {
      short.close();
      reject(new ShimGone("the shim does not answer", { cause: error }));
    };
    socket.once("error", fail);
    socket.once("connect", () => {
      short.close();
      socket.off("error", fail);
      socket.on("error", () => socket.destroy());
      resolve(socket);
    });
  });
}

interface ShortPath {
  readonly path: string;
  close(): void;
}

/** Socket paths are short; a long one is reached through its folder's descriptor. */
function shorten(path: string, reject: (error: Error) => void): ShortPath | undefined {
  if (Buffer.byteLength(path) <= MAX_PATH_BYTES) return { path, close: () => undefined };
  try {
    const folder = openSync(dirname(path), constants.O_RDONLY | constants.O_DIRECTORY);
    return { path: `/proc/self/fd/${String(folder)}/${basename(path)}`, close: () => closeSync(folder) };
  } catch (error) {
    reject(new ShimGone("the shim's folder is gone", { cause: error }));
    return undefined;
  }
}

function readAnswer(socket: Socket): Promise<{ readonly line: string; readonly head: Buffer }> {
  return new Promise((resolve, reject) => {
    let bytes = Buffer.alloc(0);
    const onClose = (): void => reject(new ShimGone("the shim ended before it answered"));
    const onData = (more: Buffer): void => {
      bytes = Buffer.concat([bytes, more]);
      const end = bytes.indexOf(NEWLINE);
      if (end < 0) return;
      socket.pause();
      socket.off("data", onData).off("close", onClose);
      resolve({ line: bytes.subarray(0, end).toString(), head: bytes.subarray(end + 1) });
    };
    socket.on("data", onData).once("close", onClose);
    if (socket.destroyed) onClose();
  });
}
