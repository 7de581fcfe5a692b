/** Switches a connection to the runtime's streaming server to SPDY. */
import { type ClientRequest, type IncomingMessage, request } from "node:http";
import { request as requestTls } from "node:https";
import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { SpdyConnection } from "./spdy/connection.js";

const SWITCHING = 101;
/** Time for the server's answer. */
const ANSWER_MS = 10_000;
/** Of a refusal's text. */
const MOST_TEXT_BYTES = 1024;

/** There is no streaming server to ask. */
export class ServerAway extends Error {
  override readonly name = "ServerAway";
}

/** Opens what the runtime's URL stands for. Rejects with the server's words when it refuses, or when the signal aborts. */
export async function dialSpdy(
  url: string,
  protocols: readonly string[],
  signal: AbortSignal,
): Promise<SpdyConnection> {
  const headers = { Connection: "Upgrade", Upgrade: "SPDY/3.1", "X-Stream-Protocol-Version": protocols.join(",") };
  const limit = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]);
  const { socket, head } = await upgrade(url, headers, limit);
  if (socket instanceof Socket) socket.setNoDelay(true).setTimeout(0);
  const connection = new SpdyConnection(socket, head);
  const abort = (): void => connection.destroy();
  signal.addEventListener("abort", abort, { once: true });
  connection.ended.addEventListener("abort", () => signal.removeEventListener("abort", abort), { once: true });
  if (signal.aborted) abort();
  return connection;
}

interface Switched {
  readonly socket: Duplex;
  readonly head: Buffer;
}

function upgrade(url: string, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Switched> {
  return new Promise((resolve, reject) => {
    const asked = start(url, headers);
    const abort = (): void => void asked.destroy(new Error("the runtime's streaming server does not answer"));
    const settled = (): void => signal.removeEventListener("abort", abort);
    signal.addEventListener("abort", abort, { once: true });
    if (signal.aborted) abort();
    asked.once("error", (error) => {
      settled();
      reject(new ServerAway(`the runtime's streaming server cannot be used: ${error.message}`, { cause: error }));
    });
    asked.once("upgrade", (answer, socket, head) => {
      settled();
      if (answer.statusCode === SWITCHING) return resolve({ socket, head });
      socket.destroy();
      reject(new Error(`the runtime's streaming server answered with ${String(answer.statusCode)}`));
    });
    asked.once("response", (answer) => {
      settled();
      void textOf(answer).then((text) => reject(new Error(text)));
    });
    asked.end();
  });
}

function start(url: string, headers: Readonly<Record<string, string>>): ClientRequest {
  const options = { method: "POST", headers, agent: false } as const;
  return url.startsWith("https:") ? requestTls(url, options) : request(url, options);
}

async function textOf(answer: IncomingMessage): Promise<string> {
  let text = "";
  try {
    for await (const bytes of answer) text += String(bytes);
  } catch {
    // What came has to do.
  }
  const said = text.slice(0, MOST_TEXT_BYTES).trim();
  return `the runtime's streaming server refused with ${String(answer.statusCode)}${said === "" ? "" : `: ${said}`}`;
}
