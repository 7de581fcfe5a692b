/** One request on its way through the server, as handlers see it. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { UserInfo } from "../ports/auth.js";

/** A connection that asked for another protocol (SPDY, WebSocket); the handler may take it over. */
export interface UpgradeOffer {
  /** Bytes that came behind the request. */
  readonly head: Buffer;
  /**
   * Takes the connection: from now on it is the handler's, who answers 101 on it. The exchange's signal still aborts when it
   * closes. Without this call the response answers the request and the connection closes after it.
   */
  take(): Duplex;
}

/** What a handler gets: the caller is authenticated and authorized, the method is one of the route's. */
export interface Exchange {
  readonly request: IncomingMessage;
  /** Writes to the connection also for upgrade requests, unless the handler takes the socket. */
  readonly response: ServerResponse;
  /** Decoded path without query. */
  readonly path: string;
  /** Decoded values of the route's {placeholders}. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly user: UserInfo;
  /** Aborts when the answer is over, the client is gone or the server closes. */
  readonly signal: AbortSignal;
  readonly upgrade: UpgradeOffer | undefined;
}

/** Answers one request. A rejection before the first byte becomes a 500, after it an aborted connection. */
export type Handler = (exchange: Exchange) => Promise<void> | void;
