/** What the memory provider declares. A simulation honours what can be seen of it from outside; the rest it says so. */
import {
  Capability,
  capabilityId,
  Feature,
  featureId,
  FeatureLevel,
  type FeatureSupport,
  type Limits,
} from "@outboard/contract";
import type { ProviderDescription } from "@outboard/provider-sdk";

const HONOURED: readonly Feature[] = [
  Feature.CONTAINERS_MULTIPLE,
  Feature.RESTART_POLICY_ALWAYS,
  Feature.RESTART_POLICY_ON_FAILURE,
  Feature.RESTART_POLICY_CONTAINER,
  Feature.INIT_CONTAINERS,
  Feature.SIDECARS,
  Feature.TERMINATION_GRACE,
  Feature.ACTIVE_DEADLINE,
  Feature.HOSTNAME,
  Feature.VOLUMES_PROJECTED_TOKEN,
  Feature.INPUTS_API_ACCESS,
];

/** Done as far as a simulation can: nothing real is behind it. */
const SIMULATED: ReadonlyMap<Feature, string> = new Map<Feature, string>([
  [Feature.IMAGE_REGISTRY, "images are names: nothing is pulled and nothing of them runs"],
  [Feature.IMAGE_PULL_POLICY, "every image counts as present"],
  [Feature.POD_IP, "addresses are made up: port-forward reaches them, the network does not"],
  [Feature.VOLUMES_EMPTY_DIR, "nothing can write into the volume"],
  [Feature.RESOURCES_CPU_LIMIT, "containers use next to nothing, so no limit is reached"],
  [Feature.RESOURCES_MEMORY_LIMIT, "containers use next to nothing, so no limit is reached"],
  [Feature.RESOURCES_EPHEMERAL_STORAGE_LIMIT, "containers write nothing, so no limit is reached"],
]);

const CAPABILITIES: readonly Capability[] = Object.values(Capability).filter(
  (capability) => capability !== Capability.UNSPECIFIED,
);

/** What is left out of the declaration, by id, for tests. */
export interface Omissions {
  readonly capabilities: readonly string[];
  readonly features: readonly string[];
}

/** The description of this process. */
export function describeMemory(version: string, omit: Omissions, limits: Limits): ProviderDescription {
  const kept = (feature: Feature) => !omit.features.includes(featureId(feature) ?? "");
  return {
    name: "memory",
    version,
    capabilities: CAPABILITIES.filter((capability) => !omit.capabilities.includes(capabilityId(capability) ?? "")),
    features: [
      ...HONOURED.filter(kept).map((feature) => support(feature, FeatureLevel.HONOURED, "")),
      ...[...SIMULATED.entries()]
        .filter(([feature]) => kept(feature))
        .map(([feature, text]) => support(feature, FeatureLevel.LIMITED, text)),
    ],
    limits,
  };
}

function support(feature: Feature, level: FeatureLevel, text: string): FeatureSupport {
  return { feature, level, text, bounds: [] };
}
