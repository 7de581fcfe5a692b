// Which transports a kubectl can be asked for. Pure.

import type { Transport } from "../support/index.js";

/** The commands that switch protocols. */
export type StreamCommand = "exec" | "attach" | "cp" | "port-forward" | "debug";

/** First minor version that can speak WebSocket; at first only when the environment asks for it. */
const FIRST_WEBSOCKET = 29;
const FIRST_WEBSOCKET_PORT_FORWARD = 30;

/** First minor versions that speak WebSocket unless they are told not to. */
const DEFAULT_WEBSOCKET = 30;
const DEFAULT_WEBSOCKET_PORT_FORWARD = 31;

/** What kubectl 1.MINOR speaks by itself. */
export function defaultTransport(minor: number, command: StreamCommand): Transport {
  const first = command === "port-forward" ? DEFAULT_WEBSOCKET_PORT_FORWARD : DEFAULT_WEBSOCKET;
  return minor >= first ? "websocket" : "spdy";
}

/** Can kubectl 1.MINOR run this command over this transport? */
export function canSpeak(minor: number, command: StreamCommand, transport: Transport): boolean {
  if (transport === "spdy") return true;
  return minor >= (command === "port-forward" ? FIRST_WEBSOCKET_PORT_FORWARD : FIRST_WEBSOCKET);
}
