/** What is found out about a provider: plain data, the shape that `outboard inspect -o json` prints. */
import {
  CAPABILITIES,
  capabilityId,
  FEATURES,
  FeatureLevel,
  type FeatureSupport,
  featureId,
  type GetNodeResponse,
  type HandshakeResponse,
  ProviderState,
} from "@outboard/contract";
import { defined } from "../domain/defined.js";

/** Keys are only ever added. */
export interface Inspection {
  readonly provider: {
    readonly name: string;
    readonly version: string;
    readonly revision: number;
    readonly instance: string;
  };
  readonly node: {
    /** starting, ready, degraded, broken. */
    readonly state: string;
    readonly reason: string;
    readonly message: string;
    readonly inventoryComplete: boolean;
  };
  readonly info: Readonly<Record<string, string>>;
  /** Only what the provider states. */
  readonly limits: Readonly<Record<string, unknown>>;
  readonly capacity: Readonly<Record<string, string>>;
  /** Pods by stage. */
  readonly pods: Readonly<Record<string, number>>;
  /** Every capability of the contract. */
  readonly capabilities: readonly { readonly id: string; readonly declared: boolean }[];
  /** Every feature of the contract but those that every provider has. */
  readonly features: readonly InspectedFeature[];
}

/** One feature. */
export interface InspectedFeature {
  readonly id: string;
  /** no, honoured, limited, ignored. */
  readonly level: string;
  readonly text: string;
  readonly bounds: readonly {
    readonly path: string;
    readonly min?: number;
    readonly max?: number;
    readonly allowed: readonly string[];
  }[];
}

/** Puts the answers together. */
export function describeProvider(
  hello: HandshakeResponse,
  node: GetNodeResponse,
  pods: Readonly<Record<string, number>>,
): Inspection {
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
    limits: defined(hello.limits ?? {}),
    capacity: Object.fromEntries(node.node?.capacity ?? []),
    pods,
    capabilities: CAPABILITIES.map(({ id }) => ({ id, declared: declared.has(id) })),
    features: FEATURES.filter(({ base }) => !base).map(({ id }) => describeFeature(id, features.get(id))),
  };
}

function describeFeature(id: string, found: FeatureSupport | undefined): InspectedFeature {
  if (found === undefined) return { id, level: "no", text: "", bounds: [] };
  const bounds = found.bounds.map(({ path, min, max, allowed }) => ({ path, allowed, ...defined({ min, max }) }));
  return { id, level: nameOf(FeatureLevel, found.level), text: found.text, bounds };
}

/** Name of an enum's number, in small letters. */
function nameOf(values: Readonly<Record<string, number>>, value: number): string {
  const [name = `unknown ${value}`] = Object.entries(values).find(([, number]) => number === value) ?? [];
  return name.toLowerCase();
}
