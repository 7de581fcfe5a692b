/** `outboard inspect`: an observer's look at a provider. Reads only, needs no fencing number, ends no owner. */
import { randomUUID } from "node:crypto";
import {
  CAPABILITIES,
  capabilityId,
  FEATURES,
  featureId,
  FeatureLevel,
  HandshakeRequest,
  ProviderState,
  SessionMode,
} from "@outboard/contract";
import type { GetNodeResponse, HandshakeResponse } from "@outboard/contract";
import type { InspectConfig } from "../config/config.js";
import { inSession, openConnection } from "../provider/connection.js";
import { providerCredentials } from "../provider/credentials.js";
import { toProviderError } from "../provider/errors.js";
import { REVISIONS } from "../provider/handshake.js";
import { VERSION } from "../version.js";
import { countStages } from "./stages.js";

/** What was found. */
export interface Inspection {
  readonly provider: {
    readonly name: string;
    readonly version: string;
    readonly revision: number;
    readonly instance: string;
  };
  readonly node: {
    readonly state: string;
    readonly reason: string;
    readonly message: string;
    readonly inventoryComplete: boolean;
  };
  readonly info: Readonly<Record<string, string>>;
  readonly limits: Readonly<Record<string, unknown>>;
  readonly capacity: Readonly<Record<string, string>>;
  readonly pods: Readonly<Record<string, number>>;
  readonly capabilities: readonly { readonly id: string; readonly declared: boolean }[];
  readonly features: readonly { readonly id: string; readonly level: string; readonly text: string }[];
}

/** Looks at a provider and returns what to print. @throws Error with one clear sentence */
export async function inspect(config: InspectConfig, signal: AbortSignal): Promise<string> {
  const found = await look(config, signal);
  return config.output === "json" ? JSON.stringify(found, null, 2) : render(found);
}

async function look(config: InspectConfig, signal: AbortSignal): Promise<Inspection> {
  using connection = openConnection(config.provider, providerCredentials(config));
  try {
    const request = HandshakeRequest.fromPartial({
      revisions: [...REVISIONS],
      gatewayName: "outboard inspect",
      gatewayVersion: VERSION,
      instanceId: randomUUID(),
      mode: SessionMode.OBSERVER,
    });
    const hello = await connection.identity.handshake(request, { signal, deadlineMs: 5_000 });
    const node = await connection.node.getNode({}, inSession(hello.sessionId, signal, 3_000));
    const pods = await countStages(connection, hello.sessionId, signal);
    return describe(hello, node, pods);
  } catch (error) {
    throw new Error(`${config.provider}: ${toProviderError(error, "handshake").message}`, { cause: error });
  }
}

function describe(hello: HandshakeResponse, node: GetNodeResponse, pods: Readonly<Record<string, number>>): Inspection {
  const declared = new Set(hello.capabilities.map(capabilityId));
  const features = new Map(hello.features.map((feature) => [featureId(feature.feature), feature]));
  return {
    provider: {
      name: hello.providerName,
      version: hello.providerVersion,
      revision: hello.revision,
      instance: hello.instanceId,
    },
    node: {
      state: nameOf(ProviderState, node.state),
      reason: node.reason,
      message: node.message,
      inventoryComplete: node.inventoryComplete,
    },
    info: Object.fromEntries(node.info),
    limits: Object.fromEntries(Object.entries(hello.limits ?? {}).filter(([, value]) => value !== undefined)),
    capacity: Object.fromEntries(node.node?.capacity ?? []),
    pods,
    capabilities: CAPABILITIES.map(({ id }) => ({ id, declared: declared.has(id) })),
    features: FEATURES.filter(({ base }) => !base).map(({ id }) => {
      const feature = features.get(id);
      return {
        id,
        level: feature === undefined ? "no" : nameOf(FeatureLevel, feature.level),
        text: feature?.text ?? "",
      };
    }),
  };
}

function nameOf(values: Readonly<Record<string, number>>, value: number): string {
  const found = Object.entries(values).find(([, number]) => number === value);
  return (found?.[0] ?? `unknown ${value}`).toLowerCase();
}

function render(found: Inspection): string {
  const { provider, node } = found;
  const why = node.reason === "" ? "" : ` (${node.reason}: ${node.message})`;
  return [
    `provider    ${provider.name} ${provider.version}, contract revision ${provider.revision}`,
    `state       ${node.state}${why}, inventory ${node.inventoryComplete ? "complete" : "incomplete"}`,
    `capacity    ${pairs(found.capacity)}`,
    `pods        ${pairs(found.pods)}`,
    `limits      ${pairs(found.limits)}`,
    ...Object.entries(found.info).map(([key, value]) => `info        ${key}: ${value}`),
    "",
    ...found.capabilities.map(({ id, declared }) => `capability  ${id.padEnd(32)} ${declared ? "yes" : "no"}`),
    "",
    ...found.features.map(
      ({ id, level, text }) => `feature     ${id.padEnd(32)} ${level}${text === "" ? "" : `: ${text}`}`,
    ),
  ].join("\n");
}

function pairs(values: Readonly<Record<string, unknown>>): string {
  const entries = Object.entries(values).map(
    ([key, value]) => `${key}=${typeof value === "object" ? JSON.stringify(value) : String(value)}`,
  );
  return entries.length === 0 ? "none" : entries.join(" ");
}
