/** What runs beside a WebSocket: pings, which notice a client that is gone while nothing is read from it, and the idle limit. */
import { WebSocket } from "ws";
import type { Clock } from "../../../ports/clock.js";
import { IDLE_TEXT, SessionOverError } from "../client-session.js";
import { keepAlive } from "../spdy/keep-alive.js";

const PING_MS = 10_000;
const IDLE_MS = 4 * 3_600_000;

/** Counts the use of a WebSocket. */
export interface WebSocketLife {
  /** Aborts when the WebSocket is closed. */
  readonly closed: AbortSignal;
  /** Aborts with a SessionOverError when nothing was sent either way for too long. */
  readonly idle: AbortSignal;
  /** Something was sent or received. */
  touch(): void;
}

/** Watches a WebSocket until it is closed. */
export function watchLife(socket: WebSocket, clock: Clock): WebSocketLife {
  const closed = new AbortController();
  const idle = new AbortController();
  let lastActivity = clock.now();
  socket.on("error", () => {});
  socket.once("close", () => closed.abort());
  void keepAlive({
    clock,
    signal: closed.signal,
    pingMs: PING_MS,
    idleMs: IDLE_MS,
    lastActivity: () => lastActivity,
    ping: () => {
      if (socket.readyState === WebSocket.OPEN) socket.ping();
    },
    onIdle: () => idle.abort(new SessionOverError(IDLE_TEXT)),
  });
  return {
    closed: closed.signal,
    idle: idle.signal,
    touch: () => {
      lastActivity = clock.now();
    },
  };
}
