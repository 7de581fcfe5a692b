/** The provider's description and node: generated messages in, domain values out, defaults of the contract filled in. */
import {
  capabilityId,
  ConditionStatus,
  FeatureLevel,
  type FeatureSupport as WireFeature,
  featureId,
  type GetNodeResponse,
  type HandshakeResponse,
  type Limits,
  type NodeState,
  ProviderState,
} from "@outboard/contract";
import { defined } from "../domain/defined.js";
import type { FeatureSupport, NodeFacts, ProviderInfo, ProviderLimits, ProviderNode } from "../ports/provider.js";

const STATES: Readonly<Record<number, ProviderNode["state"]>> = {
  [ProviderState.READY]: "ready",
  [ProviderState.DEGRADED]: "degraded",
  [ProviderState.BROKEN]: "broken",
};
const LEVELS: Readonly<Record<number, FeatureSupport["level"]>> = {
  [FeatureLevel.HONOURED]: "honoured",
  [FeatureLevel.LIMITED]: "limited",
  [FeatureLevel.IGNORED]: "ignored",
};
const CONDITIONS: Readonly<Record<number, "True" | "False">> = {
  [ConditionStatus.TRUE]: "True",
  [ConditionStatus.FALSE]: "False",
};
const DEFAULT_MAX_MESSAGE_BYTES = 4 * 1024 * 1024;
const DEFAULT_VALID_FOR_SECONDS = 60;
const SHORTEST_VALID_FOR_SECONDS = 15;

/** Maps the answer of a handshake. Capabilities and features of later revisions are left out. */
export function fromHandshake(wire: HandshakeResponse): ProviderInfo {
  const features = wire.features.map(fromFeature).filter((feature) => feature !== undefined);
  return {
    name: wire.providerName,
    version: wire.providerVersion,
    instanceId: wire.instanceId,
    revision: wire.revision,
    capabilities: new Set(wire.capabilities.map(capabilityId).filter((id) => id !== undefined)),
    features: new Map(features.map((feature) => [feature.id, feature])),
    limits: fromLimits(wire.limits),
  };
}

/** Maps the answer of GetNode. */
export function fromNode(wire: GetNodeResponse): ProviderNode {
  const seconds = wire.validForSeconds === 0 ? DEFAULT_VALID_FOR_SECONDS : wire.validForSeconds;
  return {
    state: STATES[wire.state] ?? "starting",
    reason: wire.reason,
    message: wire.message,
    inventoryComplete: wire.inventoryComplete,
    validForMs: Math.max(SHORTEST_VALID_FOR_SECONDS, seconds) * 1000,
    info: Object.fromEntries(wire.info),
    ...defined({ facts: wire.node && fromFacts(wire.node) }),
  };
}

function fromFeature(wire: WireFeature): FeatureSupport | undefined {
  const id = featureId(wire.feature);
  const level = LEVELS[wire.level];
  if (id === undefined || level === undefined) return undefined;
  const bounds = wire.bounds.map(({ path, min, max, allowed }) => ({ path, allowed, ...defined({ min, max }) }));
  return { id, level, text: wire.text, bounds };
}

function fromLimits(wire: Limits = {}): ProviderLimits {
  const { maxGraceSeconds, maxContainers, maxEnvBytes, staticTokenTtlSeconds } = wire;
  return {
    maxMessageBytes: wire.maxMessageBytes ?? DEFAULT_MAX_MESSAGE_BYTES,
    maxParallelCreates: Math.max(1, wire.maxParallelCreates ?? 16),
    maxStreams: wire.maxStreams ?? 64,
    ...defined({ maxGraceSeconds, maxContainers, maxEnvBytes, staticTokenTtlSeconds }),
  };
}

function fromFacts(wire: NodeState): NodeFacts {
  const capacity = Object.fromEntries(wire.capacity);
  return {
    capacity,
    allocatable: wire.allocatable.size === 0 ? capacity : Object.fromEntries(wire.allocatable),
    conditions: wire.conditions.map(({ type, status, reason, message }) => ({
      type,
      status: CONDITIONS[status] ?? "Unknown",
      reason,
      message,
    })),
    addresses: wire.addresses,
    labels: Object.fromEntries(wire.labels),
    taints: wire.taints,
    operatingSystem: wire.operatingSystem === "" ? "linux" : wire.operatingSystem,
    architecture: wire.architecture,
    runtimeName: wire.containerRuntimeName,
    runtimeVersion: wire.containerRuntimeVersion,
    runtimeHandlers: wire.runtimeHandlers.map(fromHandler),
    images: wire.images.map(({ names, sizeBytes }) => ({ names, sizeBytes: Number(sizeBytes) })),
    kernelVersion: wire.kernelVersion,
    osImage: wire.osImage,
    ...defined({ supplementalGroupsPolicy: wire.supplementalGroupsPolicy, dns: wire.dns }),
  };
}

function fromHandler(wire: NodeState["runtimeHandlers"][number]): NodeFacts["runtimeHandlers"][number] {
  const { name, recursiveReadOnlyMounts, userNamespaces } = wire;
  return { name, ...defined({ recursiveReadOnlyMounts, userNamespaces }) };
}
