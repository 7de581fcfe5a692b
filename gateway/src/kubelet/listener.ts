/** The HTTPS socket: TLS settings, limits, certificate swap, upgrade requests, and an orderly end. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server, type ServerOptions } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { SecureContextOptions } from "node:tls";
import { constants } from "node:crypto";
import type { Logger } from "pino";
import type { CertificateSource } from "./certificates/source.js";
import { serverResponse } from "./node-http.js";
import type { Pipeline } from "./pipeline.js";
import { Strangers } from "./strangers.js";

/** What the socket needs. */
export interface ListenerOptions {
  readonly pipeline: Pipeline;
  readonly certificates: CertificateSource;
  /** Of callers that were authenticated. */
  readonly maxConnections: number;
  /** Of callers that were not, or not yet. */
  readonly maxStrangers: number;
  readonly logger: Logger;
  readonly onTlsError: () => void;
}

/** A server, listening or not yet. */
export interface Listener {
  listen(port: number, host: string): Promise<number>;
  /** A request on this connection was authenticated. */
  authenticated(socket: Socket): void;
  /** Stops accepting; open requests have until `deadline` aborts to end, then every connection is cut. */
  close(deadline: AbortSignal): Promise<void>;
}

const LIMITS: ServerOptions = {
  maxHeaderSize: 1 << 20,
  headersTimeout: 30_000,
  requestTimeout: 300_000,
  keepAliveTimeout: 90_000,
  connectionsCheckingInterval: 10_000,
};
const TLS: SecureContextOptions = {
  minVersion: "TLSv1.2",
  ciphers: "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:ECDHE+AESGCM:ECDHE+CHACHA20",
  honorCipherOrder: true,
  // Client certificates are verified per request, by authorities that may change. If TLS knew an authority, Node.js would drop
  // the certificates between it and the client.
  ca: [],
  // No resumed sessions: they would bring a client certificate without its chain.
  secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION | constants.SSL_OP_NO_COMPRESSION,
};

/** Makes the server. */
export function createListener(options: ListenerOptions): Listener {
  const server = createServer({
    ...LIMITS,
    ...secureOptions(options),
    requestCert: true,
    rejectUnauthorized: false,
    handshakeTimeout: 20_000,
  });
  server.maxConnections = options.maxConnections + options.maxStrangers;
  server.on("request", (request, response) => void options.pipeline({ request, response }));
  server.on("upgrade", (request, socket, head) => void upgrade(options.pipeline, request, { socket, head }));
  const connections = trackConnections(server);
  const strangers = new Strangers(options.maxStrangers);
  server.on("connection", (socket: Socket) => strangers.add(socket));
  server.on("clientError", answerMalformed);
  server.on("tlsClientError", (error, socket) => {
    socket.destroy(); // Node.js does so itself after errors, but not after the handshake's time limit
    options.onTlsError();
    options.logger.debug({ error: error.message }, "A TLS handshake failed.");
  });
  const swap = (): void => swapCertificate(server, options);
  const unwatch = options.certificates.onChange(swap);
  return {
    listen: (port, host) => listen(server, port, host),
    authenticated: (socket) => strangers.know(socket),
    async close(deadline) {
      unwatch();
      await close(server, connections, deadline);
    },
  };
}

function secureOptions({ certificates }: ListenerOptions): SecureContextOptions {
  const serving = certificates.current();
  return { ...TLS, ...(serving === undefined ? {} : { cert: serving.cert, key: serving.key }) };
}

function swapCertificate(server: Server, options: ListenerOptions): void {
  try {
    server.setSecureContext(secureOptions(options));
    options.logger.info({}, "The kubelet API has new certificates.");
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    options.logger.error({ error: text }, "A new certificate of the kubelet API cannot be used; the old one stays.");
  }
}

function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

/** Every connection, also ones still shaking hands or upgraded, of which the HTTP server knows nothing. */
function trackConnections(server: Server): ReadonlySet<Socket> {
  const connections = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    connections.add(socket);
    socket.once("close", () => connections.delete(socket));
  });
  return connections;
}

function close(server: Server, connections: ReadonlySet<Socket>, deadline: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (!server.listening) return resolve();
    const cut = (): void => {
      for (const socket of connections) socket.destroy();
    };
    server.close(() => resolve());
    if (deadline.aborted) cut();
    else deadline.addEventListener("abort", cut, { once: true });
  });
}

/** Upgrade requests take the same way; their answers go to the bare socket, which closes after them. */
async function upgrade(
  pipeline: Pipeline,
  request: IncomingMessage,
  offer: { readonly socket: Duplex; readonly head: Buffer },
): Promise<void> {
  const socket = offer.socket as Socket;
  socket.on("error", () => socket.destroy());
  const response = serverResponse(request);
  response.shouldKeepAlive = false;
  if (!assign(response, socket)) return void socket.destroy();
  response.once("finish", () => {
    response.detachSocket(socket);
    socket.end();
    response.emit("close");
  });
  const take = (): Duplex => {
    response.detachSocket(socket);
    response.statusCode = 101;
    socket.once("close", () => response.emit("close"));
    return socket;
  };
  await pipeline({ request, response, upgrade: { head: offer.head, take } });
}

/** False: a request before it on the same connection has no answer yet, so that nothing can be switched. */
function assign(response: ServerResponse, socket: Socket): boolean {
  try {
    response.assignSocket(socket);
    return true;
  } catch {
    return false;
  }
}

/** So long what still comes of a malformed request is taken and dropped: a close at once would reset the connection, and its answer. */
const LINGER_MS = 2_000;

/** Called again for each piece of what still comes. */
function answerMalformed(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (socket.writableEnded) return;
  if (error.code === "ECONNRESET" || !socket.writable) return void socket.destroy();
  const status = MALFORMED[error.code ?? ""] ?? "400 Bad Request";
  const head = `HTTP/1.1 ${status}\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n`;
  socket.end(head + status);
  const linger = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once("close", () => clearTimeout(linger));
}

const MALFORMED: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: "431 Request Header Fields Too Large",
  ERR_HTTP_REQUEST_TIMEOUT: "408 Request Timeout",
};
