/**
 * What is declared beside the pod engine's own list, derived from what the machine allows. A feature is listed only if it holds here; where it holds with a
 * difference, the difference is said.
 */
import { Capability, Feature, FeatureLevel, type FeatureBound, type FeatureSupport } from "@outboard/contract";
import type { ProviderDescription } from "@outboard/provider-sdk";
import type { ImagePolicy } from "./images/image-policy.js";
import type { Machine } from "./machine/machine.js";
import { VERSION } from "./version.js";

type FeatureValue = FeatureSupport["feature"];

const TERMINALS = [Capability.EXEC_TTY, Capability.ATTACH_TTY] as const;

/** With a mount namespace a mount path is what it says. */
const WITH_MOUNTS: readonly FeatureValue[] = [
  Feature.DNS,
  Feature.HOSTNAME,
  Feature.HOST_ALIASES,
  Feature.VOLUMES_EMPTY_DIR,
  Feature.VOLUMES_HOST_PATH,
  Feature.SECURITY_READ_ONLY_ROOT,
  Feature.HOST_IPC,
];

/** Without one, files cannot be shown at their paths. */
const WITHOUT_MOUNTS: readonly FeatureValue[] = [
  Feature.VOLUMES_EMPTY_DIR,
  Feature.VOLUMES_SUB_PATH,
  Feature.VOLUMES_PROJECTED_TOKEN,
  Feature.INPUTS_API_ACCESS,
  Feature.TERMINATION_MESSAGE,
];

const WITH_PRIVILEGES: readonly FeatureValue[] = [
  Feature.SECURITY_RUN_AS_USER,
  Feature.SECURITY_RUN_AS_GROUP,
  Feature.SECURITY_CAPABILITIES,
];

/** What the pod engine would declare but does not hold here. */
export function withheldFeatures(machine: Machine): readonly FeatureValue[] {
  return machine.isolation === "none" ? WITHOUT_MOUNTS : [];
}

export function describeProvider(machine: Machine, hasNetwork: boolean, images: ImagePolicy): ProviderDescription {
  const mounts = machine.isolation !== "none";
  const controllers = new Set(machine.cgroups.flatMap((parent) => parent.controllers));
  const memory = controllers.has("memory");
  const cpu = controllers.has("cpu");
  const honoured = [
    Feature.LIFECYCLE_STOP_SIGNAL,
    Feature.HOST_NETWORK,
    Feature.SECURITY_RUN_AS_NON_ROOT,
    ...(mounts ? WITH_MOUNTS : []),
    ...(mounts && machine.privileges ? [...WITH_PRIVILEGES, Feature.SECURITY_FS_GROUP] : []),
    ...(machine.tools.setpriv === undefined ? [] : [Feature.SECURITY_NO_NEW_PRIVILEGES]),
    ...(machine.terminal ? [Feature.TTY] : []),
    ...(memory ? [Feature.RESOURCES_MEMORY_LIMIT] : []),
    ...(cpu ? [Feature.RESOURCES_CPU_LIMIT] : []),
    ...(machine.cgroups.length > 0 && mounts ? [Feature.SHARE_PROCESS_NAMESPACE] : []),
  ];
  return {
    name: "process",
    version: VERSION,
    capabilities: [
      Capability.EXEC_STDIN,
      Capability.ATTACH_STDIN,
      ...(machine.terminal ? TERMINALS : []),
      ...(memory && cpu ? [Capability.UPDATE_RESOURCES] : []),
    ],
    features: [
      ...honoured.map((feature) => ({ feature, level: FeatureLevel.HONOURED, text: "", bounds: [] })),
      ...imageSupport(images),
      ...(hasNetwork
        ? [limited(Feature.POD_IP, "addresses are reachable from this host, further only if routed")]
        : []),
    ],
    limits: { maxParallelCreates: 16, maxStreams: 256 },
  };
}

/** Every name: with the policy that maps all. Certain names: where the mapping spells them out. Else not at all. */
export function imageSupport({ mapAll, mappings }: ImagePolicy): readonly FeatureSupport[] {
  const pull = limited(Feature.IMAGE_PULL_POLICY, "nothing is pulled: mapped images are always there");
  if (mapAll) {
    return [limited(Feature.IMAGE_REGISTRY, "no image is pulled: every name stands for the files of the host"), pull];
  }
  const text = "no image is pulled: only names that stand for folders of the host run";
  const names = ["host", "outboard.dev/host", ...mappings.map(({ match }) => match)];
  const exact = names.every((name) => !name.includes("*"));
  return [limited(Feature.IMAGE_REGISTRY, text, exact ? [...imageBounds(names)] : []), pull];
}

function imageBounds(allowed: readonly string[]): readonly FeatureBound[] {
  return ["spec.containers[].image", "spec.initContainers[].image"].map((path) => ({ path, allowed }));
}

function limited(feature: FeatureValue, text: string, bounds: readonly FeatureBound[] = []): FeatureSupport {
  return { feature, level: FeatureLevel.LIMITED, text, bounds };
}
