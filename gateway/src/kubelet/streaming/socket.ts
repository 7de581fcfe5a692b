/** Takes an upgraded connection over and prepares it for a long life. */
import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { UpgradeOffer } from "../exchange.js";

const TCP_KEEPALIVE_MS = 30_000;

/** Takes the connection: no time limit of HTTP, no delay of small writes, TCP notices a peer that vanished. */
export function takeSocket(offer: UpgradeOffer): Duplex {
  const socket = offer.take();
  if (socket instanceof Socket) {
    socket.setTimeout(0);
    socket.setNoDelay(true);
    socket.setKeepAlive(true, TCP_KEEPALIVE_MS);
  }
  return socket;
}
