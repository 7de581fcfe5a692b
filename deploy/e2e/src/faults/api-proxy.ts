// Stands between one gateway and the API server: ends TLS with a certificate of its own, forwards with the node's identity,
// and does what a network or an API server in trouble does.

import { createServer, Agent, request as forward } from "node:https";
import type { Duplex } from "node:stream";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Identity } from "@outboard/devcluster";

/** A request, as faults tell them apart. */
export type RequestClass = "watch" | "read" | "write";

export type ApiFault =
  | { readonly kind: "none" }
  /** Nobody answers: connections are cut and refused. */
  | { readonly kind: "away" }
  | {
      readonly kind: "answer";
      readonly status: 409 | 410 | 429 | 500;
      readonly classes: readonly RequestClass[];
      /** Of the requests of these classes; the others pass. */
      readonly share: number;
    }
  /** Writes are done, and their answers lost. */
  | { readonly kind: "lose-answers" }
  /** Watches are cut again and again. */
  | { readonly kind: "drop-watches" }
  /** Watches are cut, and new ones wait until this is over. */
  | { readonly kind: "hold-watches" }
  /** Watches stay open and say nothing any more, for ever. */
  | { readonly kind: "silent-watches" };

export interface ApiProxy extends AsyncDisposable {
  /** https://127.0.0.1:PORT */
  readonly server: string;
  set(fault: ApiFault): void;
  /** Requests and watches that were spoiled so far. */
  struck(): number;
  /** 410s that came from the API server itself. */
  expired(): number;
}

export interface ProxyParts {
  /** Certificate for 127.0.0.1. */
  readonly own: Identity;
  readonly upstream: { readonly port: number; readonly ca: string; readonly identity: Identity };
  /** From 0 to 1. */
  readonly random: () => number;
}

interface Watch {
  readonly response: ServerResponse;
  isMuted: boolean;
}

const DROP_MS = 700;
const REASONS = { 409: "Conflict", 410: "Expired", 429: "TooManyRequests", 500: "InternalError" } as const;
const NONE: ApiFault = { kind: "none" };

export async function startApiProxy(parts: ProxyParts): Promise<ApiProxy> {
  const proxy = new Proxy(parts);
  const server = createServer({ cert: parts.own.certificatePem, key: parts.own.keyPem }, (incoming, response) =>
    proxy.serve(incoming, response),
  );
  server.on("connection", (socket) => proxy.connected(socket));
  server.on("tlsClientError", () => undefined); // cut on purpose
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    server: `https://127.0.0.1:${port}`,
    set: (fault) => proxy.set(fault),
    struck: () => proxy.struck,
    expired: () => proxy.expired,
    [Symbol.asyncDispose]: async () => {
      proxy.set(NONE);
      proxy.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

class Proxy {
  struck = 0;
  expired = 0;
  readonly #parts: ProxyParts;
  readonly #agent: Agent;
  readonly #sockets = new Set<Duplex>();
  readonly #watches = new Set<Watch>();
  #fault: ApiFault = NONE;
  #held: (() => void)[] = [];
  #dropping: NodeJS.Timeout | undefined;

  constructor(parts: ProxyParts) {
    this.#parts = parts;
    const { ca, identity } = parts.upstream;
    this.#agent = new Agent({ keepAlive: true, ca, cert: identity.certificatePem, key: identity.keyPem });
  }

  set(fault: ApiFault): void {
    this.#fault = fault;
    clearInterval(this.#dropping);
    for (const go of this.#held.splice(0)) go();
    switch (fault.kind) {
      case "away":
        this.#cut();
        break;
      case "drop-watches":
        this.#dropWatches();
        this.#dropping = setInterval(() => this.#dropWatches(), DROP_MS);
        break;
      case "hold-watches":
        this.#dropWatches();
        break;
      case "silent-watches":
        for (const watch of this.#watches) this.#mute(watch);
        break;
      case "answer":
        if (fault.status === 410) for (const watch of this.#watches) this.#expire(watch);
        break;
      default:
    }
  }

  close(): void {
    this.#agent.destroy();
    this.#cut();
  }

  connected(socket: Duplex): void {
    socket.on("error", () => undefined);
    if (this.#fault.kind === "away") {
      this.struck++;
      socket.destroy();
      return;
    }
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
  }

  serve(incoming: IncomingMessage, response: ServerResponse): void {
    const kind = classOf(incoming);
    const fault = this.#fault;
    response.on("error", () => undefined);
    const isSpoiled = fault.kind === "answer" && fault.classes.includes(kind) && this.#parts.random() < fault.share;
    if (isSpoiled) {
      this.struck++;
      incoming.resume();
      answer(response, fault.status);
      return;
    }
    if (kind === "watch" && fault.kind === "hold-watches") {
      this.#held.push(() => this.#forward(incoming, response, kind));
    } else this.#forward(incoming, response, kind);
  }

  #forward(incoming: IncomingMessage, response: ServerResponse, kind: RequestClass): void {
    const { method, url: path, headers } = incoming;
    const { port } = this.#parts.upstream;
    const asked = forward({ host: "127.0.0.1", port, method, path, headers, agent: this.#agent }, (upstream) => {
      if (upstream.statusCode === 410) this.expired++;
      if (kind === "write" && this.#fault.kind === "lose-answers") {
        this.struck++;
        upstream.resume();
        response.destroy();
        return;
      }
      response.writeHead(upstream.statusCode ?? 502, upstream.headers);
      if (kind === "watch") this.#carryWatch(upstream, response);
      else upstream.pipe(response);
      upstream.once("error", () => response.destroy());
    });
    asked.once("error", () => response.destroy());
    response.once("close", () => asked.destroy());
    incoming.pipe(asked);
  }

  #carryWatch(upstream: IncomingMessage, response: ServerResponse): void {
    const watch: Watch = { response, isMuted: false };
    response.flushHeaders();
    this.#watches.add(watch);
    if (this.#fault.kind === "silent-watches") this.#mute(watch);
    response.once("close", () => this.#watches.delete(watch));
    upstream.on("data", (chunk: Buffer) => {
      if (chunk.includes('"code":410')) this.expired++;
      if (!watch.isMuted) response.write(chunk);
    });
    upstream.once("end", () => {
      if (!watch.isMuted) response.end();
    });
  }

  #mute(watch: Watch): void {
    this.struck++;
    watch.isMuted = true;
  }

  #expire({ response }: Watch): void {
    this.struck++;
    response.end(`${JSON.stringify({ type: "ERROR", object: statusOf(410) })}\n`);
  }

  #dropWatches(): void {
    for (const { response } of this.#watches) {
      this.struck++;
      response.destroy();
    }
  }

  #cut(): void {
    for (const socket of this.#sockets) {
      this.struck++;
      socket.destroy();
    }
  }
}

function classOf({ method, url = "" }: IncomingMessage): RequestClass {
  if (method !== "GET") return "write";
  return /[?&]watch=(true|1)/.test(url) ? "watch" : "read";
}

function answer(response: ServerResponse, status: keyof typeof REASONS): void {
  response.writeHead(status, { "content-type": "application/json", ...(status === 429 ? { "retry-after": "1" } : {}) });
  response.end(JSON.stringify(statusOf(status)));
}

function statusOf(code: keyof typeof REASONS): object {
  const message = "made by a test";
  return { kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure", message, reason: REASONS[code], code };
}
