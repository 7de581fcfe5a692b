/** An effective securityContext as the engine's settings. Pure; the image's user is given. */
import { RuntimeError } from "@outboard/provider-sdk";

export interface SecuritySettings {
  /** Absent: the image's. */
  readonly User?: string;
  readonly GroupAdd: readonly string[];
  readonly CapAdd: readonly string[];
  readonly CapDrop: readonly string[];
  readonly Privileged: boolean;
  readonly ReadonlyRootfs: boolean;
  readonly SecurityOpt: readonly string[];
}

type Context = Readonly<Record<string, unknown>>;

/** Rejects with a RuntimeError what would run against the pod's word. */
export function planSecurity(context: Context, imageUser: string, who: string): SecuritySettings {
  checkNonRoot(context, imageUser, who);
  const privileged = context["privileged"] === true;
  const capabilities = (context["capabilities"] ?? {}) as {
    readonly add?: readonly string[];
    readonly drop?: readonly string[];
  };
  const user = userOf(context, imageUser);
  return {
    ...(user === undefined ? {} : { User: user }),
    GroupAdd: groupsOf(context),
    CapAdd: privileged ? [] : (capabilities.add ?? []).map(plainName),
    CapDrop: privileged ? [] : (capabilities.drop ?? []).map(plainName),
    Privileged: privileged,
    ReadonlyRootfs: context["readOnlyRootFilesystem"] === true,
    SecurityOpt: [...seccompOf(context, privileged), ...escalationOf(context)],
  };
}

/** Texts and order are the kubelet's. */
function checkNonRoot(context: Context, imageUser: string, who: string): void {
  if (context["runAsNonRoot"] !== true) return;
  const asked = asId(context["runAsUser"]);
  if (asked === 0) throw refuse(`container's runAsUser breaks non-root policy (${who})`);
  if (asked !== undefined) return;
  const user = imageUser.split(":")[0] ?? "";
  if (user === "" || /^0+$/.test(user)) throw refuse(`container has runAsNonRoot and image will run as root (${who})`);
  if (!/^\d+$/.test(user)) {
    throw refuse(
      `container has runAsNonRoot and image has non-numeric user (${user}), cannot verify user is non-root (${who})`,
    );
  }
}

/** A group alone goes with the image's user. */
function userOf(context: Context, imageUser: string): string | undefined {
  const user = asId(context["runAsUser"]);
  const group = asId(context["runAsGroup"]);
  if (group === undefined) return user === undefined ? undefined : String(user);
  const name = user === undefined ? (imageUser.split(":")[0] ?? "") : String(user);
  return `${name === "" ? "0" : name}:${String(group)}`;
}

function groupsOf(context: Context): readonly string[] {
  const extra = Array.isArray(context["supplementalGroups"]) ? (context["supplementalGroups"] as unknown[]) : [];
  return [...new Set([...extra, context["fsGroup"]].flatMap((group) => asId(group) ?? []))].map(String);
}

/** No profile means no filter, as with the kubelet; the engine's default is asked for by RuntimeDefault. */
function seccompOf(context: Context, privileged: boolean): readonly string[] {
  const profile = context["seccompProfile"] as { readonly type?: unknown } | undefined;
  return profile?.type === "RuntimeDefault" && !privileged ? [] : ["seccomp=unconfined"];
}

function escalationOf(context: Context): readonly string[] {
  return context["allowPrivilegeEscalation"] === false ? ["no-new-privileges"] : [];
}

function plainName(name: string): string {
  return name.toUpperCase().replace(/^CAP_/, "");
}

function asId(value: unknown): number | undefined {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 ? value : undefined;
}

function refuse(message: string): RuntimeError {
  return new RuntimeError("CreateContainerConfigError", message);
}
