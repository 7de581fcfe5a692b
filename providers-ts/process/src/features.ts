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
  Feature.SECURITY_READ_ONLY_ROOT,
  Feature.HOST_IPC,
];

/** Without one, files cannot be shown at their paths. */
const WITHOUT_MOUNTS: readonly FeatureValue[] = [
  Feature.VOLUMES_EMPTY_DIR,
  Feature.VOLUMES_EMPTY_DIR_MEMORY,
  Feature.VOLUMES_SUB_PATH,
  Feature.VOLUMES_PROJECTED_TOKEN,
  Feature.INPUTS_API_ACCESS,
  Feature.TERMINATION_MESSAGE,
];

const WITH_PRIVILEGES: readonly FeatureValue[] = [
  Feature.SECURITY_RUN_AS_USER,
  Feature.SECURITY_RUN_AS_GROUP,
  Feature.SECURITY_CAPABILITIES,
  Feature.SECURITY_FS_GROUP,
];

/** What the pod engine would declare but does not hold here. */
export function withheldFeatures(machine: Machine): readonly FeatureValue[] {
  return machine.isolation === "none" ? WITHOUT_MOUNTS : [];
}

export function describeProvider(machine: Machine, hasNetwork: boolean, images: ImagePolicy): ProviderDescription {
  const mounts = machine.isolation !== "none";
  const controllers = controllersOf(machine);
  return {
    name: "process",
    version: VERSION,
    capabilities: [
      Capability.EXEC_STDIN,
      Capability.ATTACH_STDIN,
      ...(machine.terminal ? TERMINALS : []),
      ...(controllers.has("memory") && controllers.has("cpu") ? [Capability.UPDATE_RESOURCES] : []),
    ],
    features: [
      ...honouredFeatures(machine).map((feature) => ({ feature, level: FeatureLevel.HONOURED, text: "", bounds: [] })),
      ...imageSupport(images),
      ...(mounts ? [limited(Feature.VOLUMES_HOST_PATH, "the path must exist; its type is not checked")] : []),
      ...(hasNetwork
        ? [limited(Feature.POD_IP, "addresses are reachable from this host, further only if routed")]
        : []),
    ],
    limits: { maxParallelCreates: 16, maxStreams: 256 },
  };
}

function honouredFeatures(machine: Machine): readonly FeatureValue[] {
  const mounts = machine.isolation !== "none";
  const controllers = controllersOf(machine);
  const asked: readonly (readonly [holds: boolean, features: readonly FeatureValue[]])[] = [
    [true, [Feature.LIFECYCLE_STOP_SIGNAL, Feature.HOST_NETWORK, Feature.SECURITY_RUN_AS_NON_ROOT]],
    [mounts, WITH_MOUNTS],
    [mounts && machine.privileges, WITH_PRIVILEGES],
    [machine.tools.setpriv !== undefined, [Feature.SECURITY_NO_NEW_PRIVILEGES]],
    [machine.terminal, [Feature.TTY]],
    [controllers.has("memory"), [Feature.RESOURCES_MEMORY_LIMIT]],
    [controllers.has("cpu"), [Feature.RESOURCES_CPU_LIMIT]],
    [mounts && machine.cgroups.length > 0, [Feature.SHARE_PROCESS_NAMESPACE]],
  ];
  return asked.flatMap(([holds, features]) => (holds ? features : []));
}

function controllersOf({ cgroups }: Machine): ReadonlySet<string> {
  return new Set(cgroups.flatMap(({ controllers }) => controllers));
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
