// What really came: the upgrades that the API server and the gateway saw. Clients fall back from WebSocket to SPDY without a
// word, so that only the servers can tell. A WebSocket comes as GET, SPDY as POST.

import { readFileSync } from "node:fs";
import { eventually } from "@outboard/devcluster";
import type { Transport, World } from "../support/index.js";

/** Upgrades of one subresource. */
export interface Arrivals {
  readonly atApiServer: readonly Arrival[];
  readonly atGateway: readonly Arrival[];
}

/** One request to switch protocols. */
export interface Arrival {
  readonly place: "API server" | "gateway";
  readonly transport: Transport;
  /** 101: it was switched. */
  readonly code: number;
}

/** Where both logs ended at some time. */
export interface Mark {
  readonly auditLog: string | undefined;
  readonly audit: number;
  readonly gateway: number;
}

interface AuditEvent {
  readonly verb: string;
  readonly objectRef?: { readonly subresource?: string; readonly namespace?: string };
  readonly responseStatus?: { readonly code?: number };
}

const ROUTES: Readonly<Record<string, string>> = { exec: "exec", attach: "attach", portforward: "portForward" };

/** Remembers how far the logs are. Without an audit log only the gateway tells. */
export function markLogs(world: World, auditLog: string | undefined): Mark {
  const audit = auditLog === undefined ? 0 : readFileSync(auditLog).length;
  return { auditLog, audit, gateway: Buffer.byteLength(world.gateway.log()) };
}

/** Throws unless requests came since the mark, to each server with a log, all over this transport, and all were switched. */
export async function expectTransport(
  world: World,
  mark: Mark,
  subresource: "exec" | "attach" | "portforward",
  transport: Transport,
): Promise<void> {
  const wanted = (arrival: Arrival): boolean => arrival.transport === transport && arrival.code === 101;
  const found = await eventually(
    () => {
      const arrivals = readArrivals(world, mark, subresource);
      const isSeen = mark.auditLog === undefined || arrivals.atApiServer.length > 0;
      return isSeen && arrivals.atGateway.length > 0 ? arrivals : undefined;
    },
    { message: `${subresource} in the logs of API server and gateway`, timeoutMs: 15_000 },
  );
  const wrong = [...found.atApiServer, ...found.atGateway].find((arrival) => !wanted(arrival));
  if (wrong === undefined) return;
  const { place, transport: came, code } = wrong;
  throw new Error(`${subresource} came to the ${place} over ${came} with ${code}, not over ${transport}`);
}

function readArrivals(world: World, mark: Mark, subresource: string): Arrivals {
  const text = mark.auditLog === undefined ? "" : readFileSync(mark.auditLog).subarray(mark.audit).toString("utf8");
  const mine = parsed<AuditEvent>(text).filter(
    ({ objectRef }) => objectRef?.subresource === subresource && objectRef.namespace === world.namespace,
  );
  const lines = Buffer.from(world.gateway.log()).subarray(mark.gateway).toString("utf8");
  const requests = parsed<{ method?: string; path?: string; code?: number }>(lines);
  return {
    atApiServer: mine.map(({ verb, responseStatus }) => arrival("API server", verb === "get", responseStatus?.code)),
    atGateway: requests
      .filter(({ method, path }) => method !== undefined && path?.startsWith(`/${ROUTES[subresource]}/`) === true)
      .map(({ method, code }) => arrival("gateway", method === "GET", code)),
  };
}

function arrival(place: Arrival["place"], isGet: boolean, code = 0): Arrival {
  return { place, transport: isGet ? "websocket" : "spdy", code };
}

function parsed<T>(text: string): T[] {
  return text
    .split("\n")
    .slice(0, -1)
    .flatMap((line) => {
      try {
        return [JSON.parse(line) as T];
      } catch {
        return [];
      }
    });
}
