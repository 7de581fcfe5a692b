/**
 * FAKE: an HTTPS server that answers what a test tells it to. It knows nothing of Kubernetes; it exists for answers that a real
 * API server gives only when it is ill. Its own tests are beside it.
 */
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { TLSSocket } from "node:tls";
import { createSelfSigned } from "../../testing/self-signed.js";

/** A request as it came. */
export interface Received {
  readonly method: string;
  /** With query. */
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
  /** Counts connections from 1. */
  readonly connection: number;
  /** Subject of the client's certificate; empty: none. */
  readonly client: string;
}

/** Answers one request. */
export type Reply = (request: Received, response: ServerResponse) => void;

export interface ScriptedApiServer extends AsyncDisposable {
  readonly url: string;
  /** PEM. */
  readonly ca: string;
  readonly received: readonly Received[];
  /** Answers for the next requests, in order; the last one stays. */
  script(...replies: readonly Reply[]): void;
  /** Breaks all connections. */
  dropConnections(): void;
}

export async function startScriptedApiServer(): Promise<ScriptedApiServer> {
  const { cert, key } = await createSelfSigned(["127.0.0.1"], Date.now());
  const received: Received[] = [];
  let replies: Reply[] = [];
  const connections = new Map<TLSSocket, number>();
  const server = createServer({ cert, key, requestCert: true, rejectUnauthorized: false }, (request, response) => {
    void readAll(request).then((body) => {
      const seen = toReceived(request, body, connections);
      received.push(seen);
      const reply = replies.length > 1 ? replies.shift() : replies[0];
      (reply ?? status(500, "NoScript"))(seen, response);
    });
  });
  server.on("secureConnection", (socket) => connections.set(socket, connections.size + 1));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `https://127.0.0.1:${port}`,
    ca: cert,
    received,
    script: (...next) => {
      replies = [...next];
    },
    dropConnections: () => {
      for (const socket of connections.keys()) {
        socket.destroy();
      }
    },
    [Symbol.asyncDispose]: () => close(server),
  };
}

/** 200 with JSON. */
export function json(value: unknown): Reply {
  return (_request, response) => {
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(value));
  };
}

/** A Status outside 2xx. */
export function status(code: number, reason: string, headers: Readonly<Record<string, string>> = {}): Reply {
  return (_request, response) => {
    const body = { kind: "Status", apiVersion: "v1", status: "Failure", code, reason, message: `scripted ${reason}` };
    response.writeHead(code, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
  };
}

/** A watch: these lines, then what `after` says (default: stays open). Text is sent as it is, objects as JSON. */
export function watchLines(lines: readonly (object | string)[], after: "open" | "end" | "reset" = "open"): Reply {
  return (_request, response) => {
    response.writeHead(200, { "content-type": "application/json" });
    response.flushHeaders();
    for (const line of lines) {
      response.write(typeof line === "string" ? line : `${JSON.stringify(line)}\n`);
    }
    if (after === "end") {
      response.end();
    } else if (after === "reset") {
      setImmediate(() => response.destroy());
    }
  };
}

/** Breaks the connection instead of an answer. */
export const hangUp: Reply = (_request, response) => {
  response.destroy();
};

/** Never answers. */
export const silence: Reply = () => undefined;

async function readAll(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) {
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function toReceived(request: IncomingMessage, body: string, connections: ReadonlyMap<TLSSocket, number>): Received {
  const socket = request.socket as TLSSocket;
  const subject = socket.getPeerCertificate().subject as { readonly CN?: string } | undefined;
  return {
    method: request.method ?? "",
    path: request.url ?? "",
    headers: request.headers,
    body,
    connection: connections.get(socket) ?? 0,
    client: subject?.CN ?? "",
  };
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
