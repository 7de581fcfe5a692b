/**
 * WebSocket handshakes. `ws` refuses the name of the SPDY tunnel's protocol because of its slash, so that this name is hidden
 * from it and answered by hand.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { WebSocketServer } from "ws";
import { replyText } from "../../reply.js";
import type { UpgradeOffer } from "../../exchange.js";
import { takeSocket } from "../socket.js";
import { listOf } from "../upgrade.js";
import type { WebSocketLink } from "./writer.js";

/** SPDY frames within binary messages. */
export const TUNNEL_PROTOCOL = "SPDY/3.1+portforward.k8s.io";

/** A request that asks for WebSocket. */
export interface WebSocketRequest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly upgrade: UpgradeOffer;
}

const PROTOCOL_HEADER = "sec-websocket-protocol";
const OPTIONS = { noServer: true, perMessageDeflate: false, maxPayload: 1 << 20, clientTracking: false } as const;

/** True when the client offers the tunnel. */
export function offersTunnel(request: IncomingMessage): boolean {
  return offeredProtocols(request).includes(TUNNEL_PROTOCOL);
}

/** Switches to the first of `known` that the client offers, or to none if it offers nothing. undefined: it got its refusal. */
export function acceptWebSocket(
  { request, response, upgrade }: WebSocketRequest,
  known: readonly string[],
): Promise<WebSocketLink | undefined> {
  const offered = offeredProtocols(request);
  const chosen = offered.find((protocol) => known.includes(protocol));
  if (request.method !== "GET") return refuse(response, 405, "bad method");
  if (offered.length > 0 && chosen === undefined) return refuse(response, 403, "");
  const server = new WebSocketServer({ ...OPTIONS, handleProtocols: () => chosen ?? false });
  return handshake(server, request, upgrade);
}

/** Switches to the tunnel. */
export function acceptTunnel({ request, response, upgrade }: WebSocketRequest): Promise<WebSocketLink | undefined> {
  if (request.method !== "GET") return refuse(response, 405, "bad method");
  delete request.headers[PROTOCOL_HEADER];
  const server = new WebSocketServer(OPTIONS);
  server.on("headers", (headers) => headers.push(`Sec-WebSocket-Protocol: ${TUNNEL_PROTOCOL}`));
  return handshake(server, request, upgrade);
}

function offeredProtocols(request: IncomingMessage): readonly string[] {
  return listOf(request.headers[PROTOCOL_HEADER]);
}

async function refuse(response: ServerResponse, status: number, text: string): Promise<undefined> {
  replyText(response, status, text, { Connection: "close" });
  return undefined;
}

/** undefined: `ws` did not like the handshake, and has said so. */
function handshake(
  server: WebSocketServer,
  request: IncomingMessage,
  upgrade: UpgradeOffer,
): Promise<WebSocketLink | undefined> {
  const socket = takeSocket(upgrade);
  return new Promise((resolve) => {
    const refused = (): void => resolve(undefined);
    socket.once("close", refused);
    server.handleUpgrade(request, socket, upgrade.head, (webSocket) => {
      socket.off("close", refused);
      resolve({ socket: webSocket, carrier: socket });
    });
  });
}
