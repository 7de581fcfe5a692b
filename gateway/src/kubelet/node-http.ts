/**
 * What is used of node:http. An import of it reads every export, and that of one, WebSocket, loads Node's own fetch with all that
 * belongs to it: 5 MiB that stay resident. Types may be imported, they are not there at run time.
 */
import type { IncomingMessage, Server, ServerOptions, ServerResponse } from "node:http";

const http = process.getBuiltinModule("node:http");

export function createServer(options: ServerOptions): Server {
  return http.createServer(options);
}

/** An answer to a request that came otherwise than through a server of node:http. */
export function serverResponse(request: IncomingMessage): ServerResponse {
  return new http.ServerResponse(request);
}
