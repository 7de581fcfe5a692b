/** What is declared beside the pod engine's own list. A feature is listed only if it holds; a difference is said. */
import { Capability, Feature, FeatureLevel, type FeatureBound, type FeatureSupport } from "@outboard/contract";
import type { ProviderDescription } from "@outboard/provider-sdk";
import { VERSION } from "./version.js";

type FeatureValue = FeatureSupport["feature"];

const HONOURED: readonly FeatureValue[] = [
  Feature.DNS,
  Feature.HOSTNAME,
  Feature.HOST_ALIASES,
  Feature.HOST_IPC,
  Feature.HOST_NETWORK,
  Feature.HOST_PID,
  Feature.HOST_PORT,
  Feature.IMAGE_PULL_POLICY,
  Feature.IMAGE_REGISTRY,
  Feature.IMAGE_PULL_SECRETS,
  Feature.LIFECYCLE_STOP_SIGNAL,
  Feature.RESOURCES_CPU_LIMIT,
  Feature.RESOURCES_MEMORY_LIMIT,
  Feature.RUNTIME_CLASS,
  Feature.SECURITY_CAPABILITIES,
  Feature.SECURITY_FS_GROUP,
  Feature.SECURITY_NO_NEW_PRIVILEGES,
  Feature.SECURITY_PRIVILEGED,
  Feature.SECURITY_READ_ONLY_ROOT,
  Feature.SECURITY_RUN_AS_GROUP,
  Feature.SECURITY_RUN_AS_NON_ROOT,
  Feature.SECURITY_RUN_AS_USER,
  Feature.SECURITY_SYSCTLS,
  Feature.SHARE_PROCESS_NAMESPACE,
  Feature.TTY,
  Feature.VOLUMES_MOUNT_PROPAGATION,
];

const SECCOMP_PATHS: readonly string[] = [
  "spec.securityContext.seccompProfile.type",
  "spec.containers[].securityContext.seccompProfile.type",
  "spec.initContainers[].securityContext.seccompProfile.type",
];

const LIMITED: readonly FeatureSupport[] = [
  limited(Feature.POD_IP, "addresses are of the engine's network: reachable from this host, further only if routed"),
  limited(Feature.VOLUMES_HOST_PATH, "the path must exist; its type is not checked"),
  limited(
    Feature.SECURITY_SECCOMP,
    "profiles from files are not known",
    SECCOMP_PATHS.map((path) => ({ path, allowed: ["RuntimeDefault", "Unconfined"] })),
  ),
];

export function describeProvider(): ProviderDescription {
  return {
    name: "docker",
    version: VERSION,
    capabilities: [
      Capability.EXEC_STDIN,
      Capability.EXEC_TTY,
      Capability.ATTACH_STDIN,
      Capability.ATTACH_TTY,
      Capability.UPDATE_RESOURCES,
    ],
    features: [
      ...HONOURED.map((feature) => ({ feature, level: FeatureLevel.HONOURED, text: "", bounds: [] })),
      ...LIMITED,
    ],
    limits: { maxParallelCreates: 16, maxStreams: 256 },
  };
}

function limited(feature: FeatureValue, text: string, bounds: readonly FeatureBound[] = []): FeatureSupport {
  return { feature, level: FeatureLevel.LIMITED, text, bounds };
}
