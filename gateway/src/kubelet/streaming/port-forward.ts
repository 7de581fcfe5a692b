/** Serves one port-forward request: switches the connection, then relays every connection that comes over it. */
import type { Duplex } from "node:stream";
import { createWebSocketStream, type WebSocket } from "ws";
import type { Exchange, UpgradeOffer } from "../exchange.js";
import { forwardOne, type ForwardPlaces } from "./forward-places.js";
import { takeSocket } from "./socket.js";
import { SpdyConnection } from "./spdy/connection.js";
import { ForwardPairs, PORT_FORWARD_PROTOCOL } from "./spdy/port-forward.js";
import { negotiate, refuseUpgrade, spdySwitch, upgradeKind } from "./upgrade.js";
import { aborted } from "./waiting.js";
import { acceptTunnel, acceptWebSocket, offersTunnel } from "./websocket/accept.js";
import { PORT_FORWARD_PROTOCOLS } from "./websocket/channels.js";
import { watchLife } from "./websocket/keep-alive.js";
import { createChannelForwards } from "./websocket/port-forward.js";
import type { WebSocketLink } from "./websocket/writer.js";

/** What a request of the oldest kind names in its query; other kinds name ports per connection. */
export type QueryPorts = readonly number[];

/** Near what a kubelet holds of a connection that the pod does not read. */
const MAX_BUFFERED_BYTES = 1 << 20;
const NORMAL = 1000;
/** Time for the client's half of the closing handshake. */
const CLOSE_MS = 5_000;

/** Serves it to its end. Resolves too when the caller got a refusal. */
export async function servePortForward(exchange: Exchange, ports: QueryPorts, places: ForwardPlaces): Promise<void> {
  const { request, response, upgrade } = exchange;
  const kind = upgrade === undefined ? "none" : upgradeKind(request);
  if (upgrade === undefined || kind === "none" || kind === "other") {
    return refuseUpgrade(response, kind === "other" ? "other" : "none");
  }
  if (kind === "spdy") return serveSpdy(exchange, upgrade, places);
  const webSocketRequest = { request, response, upgrade };
  if (offersTunnel(request)) {
    const tunnel = await acceptTunnel(webSocketRequest);
    return tunnel === undefined ? undefined : serveTunnel(tunnel.socket, places);
  }
  const link = await acceptWebSocket(webSocketRequest, PORT_FORWARD_PROTOCOLS);
  if (link !== undefined) await serveChannels(link, ports, places);
}

async function serveSpdy({ request, response }: Exchange, upgrade: UpgradeOffer, places: ForwardPlaces): Promise<void> {
  const protocol = negotiate(request, response, [PORT_FORWARD_PROTOCOL]);
  if (protocol === undefined) return;
  const socket = takeSocket(upgrade);
  socket.write(spdySwitch(protocol));
  await serveConnection(socket, upgrade.head, places);
}

async function serveTunnel(socket: WebSocket, places: ForwardPlaces): Promise<void> {
  const tunnel = createWebSocketStream(socket, { highWaterMark: 64 * 1024 });
  await serveConnection(tunnel, Buffer.alloc(0), places);
}

async function serveConnection(socket: Duplex, head: Buffer, places: ForwardPlaces): Promise<void> {
  const open = new Set<Promise<void>>();
  const pairs = new ForwardPairs(places.clock, (client) => {
    const forward = forwardOne(client, places).finally(() => open.delete(forward));
    open.add(forward);
  });
  const limits = { maxBufferedBytes: MAX_BUFFERED_BYTES };
  const { clock } = places;
  const connection = new SpdyConnection(socket, { clock, head, limits, onStream: (stream) => pairs.take(stream) });
  await Promise.race([aborted(connection.ended), aborted(places.signal)]);
  await Promise.all(open);
  pairs.end();
  await connection.close();
}

async function serveChannels(link: WebSocketLink, ports: QueryPorts, places: ForwardPlaces): Promise<void> {
  const { socket } = link;
  const { closed, idle } = watchLife(socket, places.clock);
  const signal = AbortSignal.any([places.signal, idle]);
  await Promise.all(
    createChannelForwards(link, ports).map(async (each) => {
      await forwardOne(each, { ...places, signal });
      await each.flush(closed);
    }),
  );
  socket.close(NORMAL);
  await Promise.race([aborted(closed), places.clock.sleep(CLOSE_MS, closed).catch(() => {})]);
  socket.terminate();
}
