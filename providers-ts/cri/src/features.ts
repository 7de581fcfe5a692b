/** What is declared beside the pod engine's own list, by what runtime and machine are. Where a feature holds with a difference, it is said. */
import { Capability, Feature, FeatureLevel, type FeatureSupport } from "@outboard/contract";
import type { ProviderDescription } from "@outboard/provider-sdk";
import type { Machine } from "./machine/machine.js";
import type { RuntimeFacts } from "./runtime/probe.js";
import { VERSION } from "./version.js";

type FeatureValue = FeatureSupport["feature"];

const ALWAYS: readonly FeatureValue[] = [
  Feature.IMAGE_REGISTRY,
  Feature.IMAGE_PULL_POLICY,
  Feature.IMAGE_PULL_SECRETS,
  Feature.TTY,
  Feature.POD_IP,
  Feature.HOST_NETWORK,
  Feature.HOST_PID,
  Feature.HOST_IPC,
  Feature.SHARE_PROCESS_NAMESPACE,
  Feature.DNS,
  Feature.HOSTNAME,
  Feature.HOST_ALIASES,
  Feature.VOLUMES_HOST_PATH,
  Feature.VOLUMES_MOUNT_PROPAGATION,
  Feature.RESOURCES_CPU_LIMIT,
  Feature.RESOURCES_MEMORY_LIMIT,
  Feature.RESOURCES_POD_LEVEL,
  Feature.SECURITY_RUN_AS_USER,
  Feature.SECURITY_RUN_AS_GROUP,
  Feature.SECURITY_RUN_AS_NON_ROOT,
  Feature.SECURITY_FS_GROUP,
  Feature.SECURITY_READ_ONLY_ROOT,
  Feature.SECURITY_PRIVILEGED,
  Feature.SECURITY_CAPABILITIES,
  Feature.SECURITY_NO_NEW_PRIVILEGES,
  Feature.SECURITY_SECCOMP,
  Feature.SECURITY_SYSCTLS,
  Feature.RUNTIME_CLASS,
];

export function describeProvider(facts: RuntimeFacts, machine: Machine): ProviderDescription {
  return {
    name: "cri",
    version: VERSION,
    capabilities: [
      Capability.EXEC_STDIN,
      Capability.EXEC_TTY,
      Capability.ATTACH_STDIN,
      Capability.ATTACH_TTY,
      Capability.UPDATE_RESOURCES,
    ],
    features: [
      ...ALWAYS.map(honoured),
      limited(Feature.HOST_PORT, "by the runtime's network plugins: the portmap plugin must be among them"),
      limited(
        Feature.RESOURCES_EXTENDED,
        "counted and not given to containers, as under a kubelet without device plugins",
      ),
      ...(since(facts, STOP_SIGNAL) ? [honoured(Feature.LIFECYCLE_STOP_SIGNAL)] : []),
      ...imageVolumes(facts),
      ...(machine.appArmor ? [honoured(Feature.SECURITY_APP_ARMOR)] : []),
      machine.selinux
        ? honoured(Feature.SECURITY_SELINUX)
        : limited(Feature.SECURITY_SELINUX, "the machine has no SELinux: labels have no effect, as under a kubelet"),
    ],
    limits: { maxParallelCreates: 16, maxStreams: 256 },
  };
}

type Versions = Readonly<Record<string, readonly [major: number, minor: number]>>;

/** Older ones do not know the field and would send the image's own signal without a word. */
const STOP_SIGNAL: Versions = { containerd: [2, 4] };
/** Older ones take the mount for one of the host's path. */
const IMAGE_MOUNTS: Versions = { containerd: [2, 1], "cri-o": [1, 31] };
const IMAGE_SUB_PATHS: Versions = { containerd: [2, 2], "cri-o": [1, 33] };

function imageVolumes(facts: RuntimeFacts): readonly FeatureSupport[] {
  if (!since(facts, IMAGE_MOUNTS)) return [];
  if (since(facts, IMAGE_SUB_PATHS)) return [honoured(Feature.VOLUMES_IMAGE)];
  return [limited(Feature.VOLUMES_IMAGE, "the runtime does not know their sub paths")];
}

function since({ name, version }: RuntimeFacts, versions: Versions): boolean {
  const [major, minor] = versions[name] ?? [Number.POSITIVE_INFINITY, 0];
  const [, hasMajor = "0", hasMinor = "0"] = /^v?(\d+)\.(\d+)/.exec(version) ?? [];
  return Number(hasMajor) > major || (Number(hasMajor) === major && Number(hasMinor) >= minor);
}

function honoured(feature: FeatureValue): FeatureSupport {
  return { feature, level: FeatureLevel.HONOURED, text: "", bounds: [] };
}

function limited(feature: FeatureValue, text: string): FeatureSupport {
  return { feature, level: FeatureLevel.LIMITED, text, bounds: [] };
}
