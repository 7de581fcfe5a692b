/** `outboard inspect`: an observer's look at a provider. Reads only, needs no fencing number, ends no owner. */
import { randomUUID } from "node:crypto";
import { HandshakeRequest, SessionMode } from "@outboard/contract";
import type { InspectConfig } from "../config/config.js";
import { type Connection, inSession, openConnection } from "../provider/connection.js";
import { providerCredentials } from "../provider/credentials.js";
import { toTrouble } from "../provider/errors.js";
import { REVISIONS } from "../provider/handshake.js";
import { VERSION } from "../version.js";
import { describeProvider, type Inspection } from "./inspection.js";
import { renderInspection } from "./render.js";
import { countStages } from "./stages.js";

const DEADLINES_MS = { handshake: 5_000, getNode: 3_000 };

/** Looks at a provider and returns what to print. @throws Error with one clear sentence */
export async function inspect(config: InspectConfig, signal: AbortSignal): Promise<string> {
  using connection = openConnection(config.provider, providerCredentials(config));
  const found = await explained(connection, signal);
  return config.output === "json" ? JSON.stringify(found, null, 2) : renderInspection(found);
}

async function explained(connection: Connection, signal: AbortSignal): Promise<Inspection> {
  try {
    return await look(connection, signal);
  } catch (error) {
    signal.throwIfAborted();
    throw new Error(toTrouble(error, connection.address).message, { cause: error });
  }
}

async function look(connection: Connection, signal: AbortSignal): Promise<Inspection> {
  const request = HandshakeRequest.fromPartial({
    revisions: [...REVISIONS],
    gatewayName: "outboard inspect",
    gatewayVersion: VERSION,
    instanceId: randomUUID(),
    mode: SessionMode.OBSERVER,
  });
  const hello = await connection.identity.handshake(request, { signal, deadlineMs: DEADLINES_MS.handshake });
  const node = await connection.node.getNode({}, inSession(hello.sessionId, signal, DEADLINES_MS.getNode));
  return describeProvider(hello, node, await countStages(connection, hello.sessionId, signal));
}
