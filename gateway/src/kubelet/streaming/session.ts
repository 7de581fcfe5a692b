/** Serves one exec or attach request: switches the connection, then joins client and provider until there is a verdict. */
import type { Clock } from "../../ports/clock.js";
import type { Exchange, UpgradeOffer } from "../exchange.js";
import { bridge, type OpenSession } from "./bridge.js";
import type { ClientSession, Wanted } from "./client-session.js";
import { takeSocket } from "./socket.js";
import { acceptSpdySession, REMOTE_COMMAND_PROTOCOLS } from "./spdy/session.js";
import { negotiate, refuseUpgrade, spdySwitch, upgradeKind } from "./upgrade.js";
import { acceptWebSocket } from "./websocket/accept.js";
import { REMOTE_COMMAND_PROTOCOLS as WEBSOCKET_PROTOCOLS } from "./websocket/channels.js";
import { createWebSocketSession } from "./websocket/session.js";

/** A session to serve. */
export interface SessionService {
  readonly wanted: Wanted;
  readonly open: OpenSession;
  /** Before the text of a failure. */
  readonly failure: string;
  readonly clock: Clock;
}

/** Serves it to its end. Resolves too when the caller got a refusal. */
export async function serveSession(exchange: Exchange, service: SessionService): Promise<void> {
  const client = await acceptClient(exchange, service);
  if (client !== undefined) await bridge({ ...service, client, signal: exchange.signal });
}

async function acceptClient(exchange: Exchange, service: SessionService): Promise<ClientSession | undefined> {
  const { request, response, upgrade } = exchange;
  const kind = upgrade === undefined ? "none" : upgradeKind(request);
  if (upgrade === undefined || kind === "none" || kind === "other") {
    refuseUpgrade(response, kind === "other" ? "other" : "none");
    return undefined;
  }
  if (kind === "spdy") return acceptSpdy(exchange, upgrade, service);
  const link = await acceptWebSocket({ request, response, upgrade }, WEBSOCKET_PROTOCOLS);
  return link === undefined ? undefined : createWebSocketSession(link, service.wanted, service.clock);
}

async function acceptSpdy(
  { request, response, signal }: Exchange,
  upgrade: UpgradeOffer,
  { wanted, clock }: SessionService,
): Promise<ClientSession | undefined> {
  const protocol = negotiate(request, response, REMOTE_COMMAND_PROTOCOLS);
  if (protocol === undefined) return undefined;
  const socket = takeSocket(upgrade);
  socket.write(spdySwitch(protocol));
  return acceptSpdySession({ socket, head: upgrade.head, protocol, wanted, clock, signal });
}
