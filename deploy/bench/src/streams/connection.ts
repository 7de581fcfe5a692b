// Connections to a kubelet port, each of its own with its own handshake, as an API server makes them. The serving
// certificate is not verified, as API servers do not by default.

import { readFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { request } from "node:https";
import { WebSocket } from "ws";
import type { Endpoint } from "./orders.js";

export interface Connector {
  webSocket(path: string, protocol: string): WebSocket;
  /** The answer once its head is there. */
  get(path: string): Promise<IncomingMessage>;
}

const OK = 200;
/** Of a socket: beyond it a sender waits. */
const MOST_BUFFERED = 1 << 20;

export function createConnector({ url, certFile, keyFile }: Endpoint): Connector {
  const tls = { cert: readFileSync(certFile), key: readFileSync(keyFile), rejectUnauthorized: false };
  return {
    webSocket: (path, protocol) => new WebSocket(`${url}${path}`, protocol, { ...tls, perMessageDeflate: false }),
    get: (path) =>
      new Promise((resolve, reject) => {
        const asked = request(`${url}${path}`, { ...tls, agent: false }, (answer) => {
          if (answer.statusCode === OK) return resolve(answer);
          answer.destroy();
          reject(new Error(`${path}: answered with ${answer.statusCode ?? 0}`));
        });
        asked.on("error", reject).end();
      }),
  };
}

export async function opened(socket: WebSocket): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    socket.once("open", resolve).once("error", reject);
    socket.once("close", (code: number) => reject(new Error(`the connection closed with code ${code}`)));
  });
}

/** Sends one message over and over, as fast as the connection takes it. */
export async function sendRepeatedly(socket: WebSocket, message: Buffer, times: number): Promise<void> {
  for (let sent = 0; sent < times; sent += 1) {
    if (socket.bufferedAmount < MOST_BUFFERED) socket.send(message);
    else
      await new Promise<void>((resolve, reject) =>
        socket.send(message, (error) => (error ? reject(error) : resolve())),
      );
  }
}
