/** What an engine declares: what the runtime declares, and what the engine makes of it. Pure. */
import { Capability, Feature, type FeatureSupport, FeatureLevel } from "@outboard/contract";
import type { ProviderDescription } from "../provider.js";
import type { ContainerRuntime } from "./runtime.js";

/** Ids that are not declared although the engine could. */
export interface Withheld {
  readonly capabilities?: readonly Capability[];
  readonly features?: readonly Feature[];
}

const CAPABILITIES: readonly Capability[] = [
  Capability.INPUTS_LIVE,
  Capability.UPDATE_IMAGE,
  Capability.UPDATE_METADATA,
  Capability.UPDATE_EPHEMERAL_CONTAINERS,
  Capability.UPDATE_TOLERATIONS,
  Capability.UPDATE_GRACE,
  Capability.UPDATE_DEADLINE,
  Capability.LOGS,
  Capability.LOGS_FOLLOW,
  Capability.LOGS_PREVIOUS,
  Capability.LOGS_TIME,
  Capability.LOGS_TAIL,
  Capability.LOGS_RESUME,
];

const FEATURES: readonly Feature[] = [
  Feature.CONTAINERS_MULTIPLE,
  Feature.RESTART_POLICY_ALWAYS,
  Feature.RESTART_POLICY_ON_FAILURE,
  Feature.RESTART_POLICY_CONTAINER,
  Feature.RESTART_POLICY_ALL_CONTAINERS,
  Feature.INIT_CONTAINERS,
  Feature.SIDECARS,
  Feature.TERMINATION_GRACE,
  Feature.ACTIVE_DEADLINE,
  Feature.PROBES_LIVENESS_HTTP,
  Feature.PROBES_LIVENESS_TCP,
  Feature.PROBES_LIVENESS_GRPC,
  Feature.PROBES_READINESS_HTTP,
  Feature.PROBES_READINESS_TCP,
  Feature.PROBES_READINESS_GRPC,
  Feature.PROBES_STARTUP_HTTP,
  Feature.PROBES_STARTUP_TCP,
  Feature.PROBES_STARTUP_GRPC,
  Feature.LIFECYCLE_POST_START_HTTP,
  Feature.LIFECYCLE_POST_START_SLEEP,
  Feature.LIFECYCLE_PRE_STOP_HTTP,
  Feature.LIFECYCLE_PRE_STOP_SLEEP,
  Feature.TERMINATION_MESSAGE,
  Feature.VOLUMES_EMPTY_DIR,
  Feature.VOLUMES_SUB_PATH,
  Feature.VOLUMES_PROJECTED_TOKEN,
  Feature.INPUTS_API_ACCESS,
  Feature.ENV_FILE_KEY,
  Feature.WORKING_DIR,
];

const EXEC_FEATURES: readonly Feature[] = [
  Feature.PROBES_LIVENESS_EXEC,
  Feature.PROBES_READINESS_EXEC,
  Feature.PROBES_STARTUP_EXEC,
  Feature.LIFECYCLE_POST_START_EXEC,
  Feature.LIFECYCLE_PRE_STOP_EXEC,
];

/** The description of the provider that runtime and engine are together. */
export function describeEngine(
  runtime: ContainerRuntime,
  options: { readonly withhold?: Withheld | undefined; readonly hasTmpfs: boolean },
): ProviderDescription {
  const withhold = options.withhold ?? {};
  const own = runtime.describe();
  const capabilities = new Set([...own.capabilities, ...CAPABILITIES, ...interactionsOf(runtime)]);
  if (runtime.updateResources === undefined) capabilities.delete(Capability.UPDATE_RESOURCES);
  for (const capability of withhold.capabilities ?? []) capabilities.delete(capability);
  return {
    ...own,
    capabilities: [...capabilities].toSorted((left, right) => left - right),
    features: featuresOf(own.features, engineFeatures(runtime, options.hasTmpfs), withhold.features ?? []),
  };
}

function interactionsOf(runtime: ContainerRuntime): readonly Capability[] {
  return [
    ...(runtime.exec === undefined ? [] : [Capability.EXEC]),
    ...(runtime.attach === undefined ? [] : [Capability.ATTACH]),
    ...(runtime.dial === undefined ? [] : [Capability.PORT_FORWARD]),
    ...(runtime.stats === undefined ? [] : [Capability.STATS]),
    ...(runtime.updateResources === undefined ? [] : [Capability.UPDATE_RESOURCES]),
  ];
}

/** What the runtime says of a feature beats what the engine would say. */
function featuresOf(
  own: readonly FeatureSupport[],
  made: readonly Feature[],
  withheld: readonly Feature[],
): readonly FeatureSupport[] {
  const said = new Set(own.map(({ feature }) => feature));
  const added = made.filter((feature) => !said.has(feature)).map(honoured);
  return [...own, ...added].filter(({ feature }) => !withheld.includes(feature));
}

function engineFeatures(runtime: ContainerRuntime, hasTmpfs: boolean): readonly Feature[] {
  return [
    ...FEATURES,
    ...(runtime.exec === undefined ? [] : EXEC_FEATURES),
    ...(hasTmpfs ? [Feature.VOLUMES_EMPTY_DIR_MEMORY] : []),
  ];
}

function honoured(feature: Feature): FeatureSupport {
  return { feature, level: FeatureLevel.HONOURED, text: "", bounds: [] };
}
