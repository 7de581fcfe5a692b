/** From a securityContext to the CRI's, by the kubelet's rules. Pure. */
import { join } from "node:path";
import { RuntimeError } from "@outboard/provider-sdk";
import {
  type Capability,
  type Int64Value,
  type LinuxContainerSecurityContext,
  type NamespaceOption,
  type SELinuxOption,
  type SecurityProfile,
  SecurityProfile_ProfileType,
  SupplementalGroupsPolicy,
} from "../gen/runtime/v1/api.js";

export type SecurityJson = Readonly<Record<string, unknown>>;

/** User of an image: a number, a name, or neither (root). */
export interface ImageUser {
  readonly uid?: bigint;
  readonly username: string;
}

export interface SecurityMeans {
  /** Folder of seccomp profiles of kind Localhost. */
  readonly seccompFolder: string;
  readonly maskedPaths: readonly string[];
}

const READ_ONLY_PATHS = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

/** Paths that containers may not see, before those of the machine's CPUs. */
export const MASKED_PATHS: readonly string[] = [
  ..."asound acpi interrupts kcore keys latency_stats timer_list timer_stats sched_debug scsi"
    .split(" ")
    .map((name) => `/proc/${name}`),
  "/sys/firmware",
  "/sys/devices/virtual/powercap",
];

/** @param context effective: the container's over the pod's */
export function containerSecurity(
  context: SecurityJson,
  user: ImageUser,
  namespaces: NamespaceOption | undefined,
  means: SecurityMeans,
): LinuxContainerSecurityContext {
  const unmasked = context["procMount"] === "Unmasked";
  const asked = toInt64(context["runAsUser"]);
  return {
    capabilities: toCapabilities(context["capabilities"]),
    privileged: context["privileged"] === true,
    namespaceOptions: namespaces,
    selinuxOptions: toSelinux(context["seLinuxOptions"]),
    runAsUser: asked ?? (user.uid === undefined ? undefined : { value: user.uid }),
    runAsUsername: asked === undefined ? user.username : "",
    runAsGroup: toInt64(context["runAsGroup"]),
    readonlyRootfs: context["readOnlyRootFilesystem"] === true,
    supplementalGroups: groupsOf(context),
    supplementalGroupsPolicy: policyOf(context),
    noNewPrivs: context["allowPrivilegeEscalation"] === false,
    maskedPaths: unmasked ? [] : means.maskedPaths,
    readonlyPaths: unmasked ? [] : READ_ONLY_PATHS,
    seccomp: seccompOf(context["seccompProfile"], means.seccompFolder),
    apparmor: appArmorOf(context["appArmorProfile"]),
  };
}

/** @throws RuntimeError CreateContainerConfigError, with the kubelet's text, where a container must not run as root and would. */
export function verifyNonRoot(context: SecurityJson, user: ImageUser, pod: string, container: string): void {
  if (context["runAsNonRoot"] !== true) return;
  const where = `(pod: ${JSON.stringify(pod)}, container: ${container})`;
  const asked = context["runAsUser"];
  if (typeof asked === "number") {
    if (asked === 0) throw refuse(`container's runAsUser breaks non-root policy ${where}`);
    return;
  }
  if (user.uid === undefined && user.username !== "") {
    const text = `image has non-numeric user (${user.username}), cannot verify user is non-root`;
    throw refuse(`container has runAsNonRoot and ${text} ${where}`);
  }
  if (user.uid === 0n) throw refuse(`container has runAsNonRoot and image will run as root ${where}`);
}

function refuse(message: string): RuntimeError {
  return new RuntimeError("CreateContainerConfigError", message);
}

/** fsGroup first, then the supplemental groups. */
export function groupsOf(context: SecurityJson): readonly bigint[] {
  const more = context["supplementalGroups"];
  const groups = [context["fsGroup"], ...(Array.isArray(more) ? (more as readonly unknown[]) : [])];
  return groups.flatMap((group) => toInt64(group)?.value ?? []);
}

export function policyOf(context: SecurityJson): SupplementalGroupsPolicy {
  return context["supplementalGroupsPolicy"] === "Strict"
    ? SupplementalGroupsPolicy.Strict
    : SupplementalGroupsPolicy.Merge;
}

export function toInt64(value: unknown): Int64Value | undefined {
  return typeof value === "number" && Number.isInteger(value) ? { value: BigInt(value) } : undefined;
}

export function toSelinux(value: unknown): SELinuxOption | undefined {
  if (value === undefined || value === null) return undefined;
  const { user = "", role = "", type = "", level = "" } = value as Partial<SELinuxOption>;
  return { user, role, type, level };
}

function toCapabilities(value: unknown): Capability | undefined {
  if (value === undefined || value === null) return undefined;
  const { add = [], drop = [] } = value as { readonly add?: readonly string[]; readonly drop?: readonly string[] };
  return { addCapabilities: add, dropCapabilities: drop };
}

interface ProfileJson {
  readonly type?: string;
  readonly localhostProfile?: string;
}

/** None asked for: unconfined, as the kubelet without seccompDefault. */
function seccompOf(value: unknown, folder: string): SecurityProfile {
  const { type, localhostProfile = "" } = (value ?? {}) as ProfileJson;
  if (type === "RuntimeDefault") return profile(SecurityProfile_ProfileType.RuntimeDefault);
  if (type !== "Localhost") return profile(SecurityProfile_ProfileType.Unconfined);
  if (localhostProfile === "") throw refuse("localhostProfile must be set if seccompProfile type is Localhost.");
  return profile(SecurityProfile_ProfileType.Localhost, join(folder, localhostProfile));
}

/** None asked for: the runtime's own choice. */
function appArmorOf(value: unknown): SecurityProfile | undefined {
  const { type, localhostProfile = "" } = (value ?? {}) as ProfileJson;
  if (type === "RuntimeDefault") return profile(SecurityProfile_ProfileType.RuntimeDefault);
  if (type === "Unconfined") return profile(SecurityProfile_ProfileType.Unconfined);
  return type === "Localhost" ? profile(SecurityProfile_ProfileType.Localhost, localhostProfile) : undefined;
}

function profile(profileType: SecurityProfile_ProfileType, localhostRef = ""): SecurityProfile {
  return { profileType, localhostRef };
}
