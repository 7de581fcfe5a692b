/**
 * Connections without an authenticated request yet have a limit of their own, so that nobody without credentials can take all
 * places. The oldest makes room: one that has something to show does so at once.
 */
import type { Socket } from "node:net";

/** Default of the limit. */
export const MAX_STRANGERS = 512;

/** The connections of which nothing is known. */
export class Strangers {
  readonly #most: number;
  /** By the caller's address and port, oldest first: a request comes on a TLS socket, which does not tell the one below. */
  readonly #sockets = new Map<string, Socket>();

  constructor(most: number) {
    this.#most = most;
  }

  /** A connection was made. */
  add(socket: Socket): void {
    if (this.#sockets.size >= this.#most) this.#cutOldest();
    const name = nameOf(socket);
    this.#sockets.set(name, socket);
    socket.once("close", () => {
      if (this.#sockets.get(name) === socket) this.#sockets.delete(name);
    });
  }

  /** A request on this connection was authenticated. */
  know(socket: Socket): void {
    this.#sockets.delete(nameOf(socket));
  }

  #cutOldest(): void {
    const [oldest] = this.#sockets;
    if (oldest === undefined) return;
    const [name, socket] = oldest;
    this.#sockets.delete(name);
    socket.destroy();
  }
}

function nameOf({ remoteAddress = "", remotePort = 0 }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}
