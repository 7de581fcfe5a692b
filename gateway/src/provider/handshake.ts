/** Opening a session: who this gateway is, what the provider answers, and the refusals that no repetition can cure. */
import {
  HandshakeRequest,
  type HandshakeResponse,
  isStatusError,
  type NodeConfiguration,
  SessionMode,
} from "@outboard/contract";
import { ProviderError } from "../ports/provider.js";
import type { Connection } from "./connection.js";
import { toRequiredError } from "./errors.js";

/** Contract revisions that this gateway speaks. */
export const REVISIONS: readonly number[] = [1];
const DEADLINE_MS = 5_000;

/** Who this gateway is. */
export interface GatewayIdentity {
  readonly gatewayVersion: string;
  readonly instanceId: string;
  readonly clusterId: string;
  readonly nodeName: string;
  readonly nodeConfiguration: () => NodeConfiguration;
}

/** Shakes hands as the owner. @throws what the call rejects with; ProviderError for an answer that breaks the contract */
export async function shakeHands(
  connection: Connection,
  gateway: GatewayIdentity,
  fencing: bigint,
  signal: AbortSignal,
): Promise<HandshakeResponse> {
  const request = HandshakeRequest.fromPartial({
    revisions: [...REVISIONS],
    gatewayName: "outboard",
    gatewayVersion: gateway.gatewayVersion,
    instanceId: gateway.instanceId,
    mode: SessionMode.OWNER,
    fencing,
    clusterId: gateway.clusterId,
    nodeName: gateway.nodeName,
    nodeConfiguration: gateway.nodeConfiguration(),
  });
  const answer = await send(connection, request, signal);
  if (!REVISIONS.includes(answer.revision))
    throw new ProviderError(`the provider chose contract revision ${answer.revision}, which was not offered`);
  if (answer.sessionId === "") throw new ProviderError("the provider opened a session without an id");
  return answer;
}

async function send({ identity }: Connection, request: HandshakeRequest, signal: AbortSignal) {
  try {
    return await identity.handshake(request, { signal, deadlineMs: DEADLINE_MS });
  } catch (error) {
    throw toRequiredError(error, "IdentityService.Handshake");
  }
}

/** Why this gateway must stop; undefined: the refusal is not one of that kind. SESSION_SUPERSEDED is not decided here. */
export function finalRefusal(error: unknown): { readonly reason: string; readonly message: string } | undefined {
  if (!isStatusError(error)) return undefined;
  switch (error.reason) {
    case "NO_COMMON_REVISION": {
      const theirs = error.metadata.get("provider_revisions") ?? "unknown";
      const message = `no contract revision in common: this gateway speaks ${REVISIONS.join(", ")}, the provider ${theirs}`;
      return { reason: error.reason, message };
    }
    case "WRONG_OWNER":
      return {
        reason: error.reason,
        message: `the provider belongs to another cluster or node: ${error.message}`,
      };
    default:
      return undefined;
  }
}

/** The highest fencing number that the provider has seen, from its refusal; 0: it does not say. undefined: no such refusal. */
export function supersededBy(error: unknown): bigint | undefined {
  if (!isStatusError(error) || error.reason !== "SESSION_SUPERSEDED") return undefined;
  const highest = error.metadata.get("fencing") ?? "";
  return /^\d{1,20}$/.test(highest) ? BigInt(highest) : 0n;
}
