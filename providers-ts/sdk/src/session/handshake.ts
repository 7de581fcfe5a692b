/** The Handshake RPC: checks the request in the contract's order, then opens the session. */
import { type HandshakeRequest, type HandshakeResponse, SessionMode } from "@outboard/contract";
import { checkRequest, type Check, required } from "../check.js";
import type { Core } from "../core.js";
import { describeError, refuse } from "../errors.js";
import type { Session } from "./sessions.js";

/** Answers one handshake. */
export function shakeHands(core: Core, request: HandshakeRequest): HandshakeResponse {
  const revision = chooseRevision(core.revisions, request.revisions);
  checkRequest(handshakeChecks(request));
  core.owner.check(request.clusterId, request.nodeName);
  const session = openSession(core, request);
  const { name, version, capabilities, features, limits } = core.description;
  return {
    revision,
    sessionId: session.id,
    providerName: name,
    providerVersion: version,
    instanceId: core.instanceId,
    epoch: core.pods.epoch,
    capabilities,
    features,
    limits,
  };
}

function openSession(core: Core, request: HandshakeRequest): Session {
  if (request.mode !== SessionMode.OWNER) return core.sessions.openObserver();
  const session = core.sessions.openOwner(request.instanceId, request.fencing ?? 0n);
  core.owner.bind({ clusterId: request.clusterId, nodeName: request.nodeName });
  configure(core, request);
  core.log.info({ gateway: request.gatewayName, gatewayVersion: request.gatewayVersion }, "owner session opened");
  return session;
}

/** A provider that cannot use the configuration still has its owner. */
function configure(core: Core, { nodeConfiguration }: HandshakeRequest): void {
  if (nodeConfiguration === undefined) return;
  try {
    core.provider.configure?.(nodeConfiguration);
  } catch (error) {
    core.log.error({ err: describeError(error) }, "node configuration was not taken");
  }
}

function chooseRevision(ours: readonly number[], theirs: readonly number[]): number {
  if (theirs.length === 0 || theirs.some((revision) => revision < 1)) {
    checkRequest([{ field: "revisions", problem: "must list revisions of 1 or more" }]);
  }
  const common = ours.filter((revision) => theirs.includes(revision));
  if (common.length > 0) return Math.max(...common);
  throw refuse("NO_COMMON_REVISION", "gateway and provider have no contract revision in common", {
    metadata: new Map([
      ["gateway_revisions", theirs.join(",")],
      ["provider_revisions", ours.join(",")],
    ]),
  });
}

function handshakeChecks(request: HandshakeRequest): readonly Check[] {
  const modes: readonly number[] = [SessionMode.OWNER, SessionMode.OBSERVER];
  const checks: Check[] = [
    required("gateway_name", request.gatewayName),
    required("instance_id", request.instanceId),
    { field: "mode", problem: modes.includes(request.mode) ? undefined : "must be OWNER or OBSERVER" },
  ];
  if (request.mode !== SessionMode.OWNER) return checks;
  const { fencing, nodeConfiguration } = request;
  return [
    ...checks,
    { field: "fencing", problem: fencing === undefined || fencing < 1n ? "must be 1 or more" : undefined },
    required("cluster_id", request.clusterId),
    required("node_name", request.nodeName),
    { field: "node_configuration", problem: nodeConfiguration === undefined ? "must be set" : undefined },
  ];
}
