// Loads of port-forward and of logs.

import type { IncomingMessage } from "node:http";
import type { WebSocket } from "ws";
import { opened, sendRepeatedly } from "./connection.js";
import { CHUNK_BYTES, type Scene, type Transfer } from "./exec-load.js";
import { startExec } from "./exec-session.js";
import type { Outcome } from "./orders.js";
import { countLines, FORWARD_HEAD_BYTES, FORWARD_PROTOCOL, forwardPath, logsPath, toMessage } from "./protocol.js";

const DATA = 0;
const ERROR = 1;

/** Bytes there and back; both ways are busy at the same time. */
export async function runEcho(
  { connector, place }: Scene,
  { port, bytes }: { readonly port: number; readonly bytes: number },
): Promise<Outcome> {
  const socket = connector.webSocket(forwardPath(place, port), FORWARD_PROTOCOL);
  try {
    const returned = countReturned(socket, bytes);
    await opened(socket);
    const from = performance.now();
    const sent = sendRepeatedly(socket, toMessage(DATA, Buffer.alloc(CHUNK_BYTES)), bytes / CHUNK_BYTES);
    await Promise.all([sent, returned]);
    return { units: bytes, ms: performance.now() - from };
  } finally {
    socket.terminate();
  }
}

function countReturned(socket: WebSocket, bytes: number): Promise<void> {
  const wanted = bytes + FORWARD_HEAD_BYTES;
  const counts = [0, 0];
  const returned = new Promise<void>((resolve, reject) => {
    socket.on("message", (message: Buffer) => {
      const channel = message[0] === DATA ? DATA : ERROR;
      const count = (counts[channel] ?? 0) + message.length - 1;
      counts[channel] = count;
      if (channel === DATA && count >= wanted) resolve();
      if (channel === ERROR && count > FORWARD_HEAD_BYTES)
        reject(new Error(`port-forward: ${message.toString("utf8", 1)}`));
    });
    socket.once("error", reject);
    socket.once("close", () => reject(new Error(`port-forward: ended after ${counts[DATA] ?? 0} of ${wanted} bytes`)));
  });
  returned.catch(() => {});
  return returned;
}

/** The lines that are there already. */
export async function runLogs({ connector, place }: Scene, lines: number): Promise<Outcome> {
  const from = performance.now();
  const answer = await connector.get(logsPath(place));
  await readLines(answer, lines);
  answer.destroy();
  return { units: lines, ms: performance.now() - from };
}

/** Lines as they are written. The last line of before shows that the log is being followed. */
export async function runLiveLogs(
  { connector, place }: Scene,
  { command, lines }: Pick<Transfer, "command"> & { readonly lines: number },
): Promise<Outcome> {
  const answer = await connector.get(logsPath(place, 1));
  try {
    const all = readLines(answer, lines + 1);
    const from = performance.now();
    await Promise.all([startExec(connector, { place, command }).ended, all]);
    return { units: lines, ms: performance.now() - from };
  } finally {
    answer.destroy();
  }
}

function readLines(answer: IncomingMessage, wanted: number): Promise<void> {
  let seen = 0;
  return new Promise((resolve, reject) => {
    answer.on("data", (data: Buffer) => {
      seen += countLines(data);
      if (seen >= wanted) resolve();
    });
    answer.on("error", reject);
    answer.on("close", () => reject(new Error(`logs: ended after ${seen} of ${wanted} lines`)));
  });
}
