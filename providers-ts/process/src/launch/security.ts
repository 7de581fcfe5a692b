/** From an effective securityContext to user ids and setpriv(1) words. */
import { RuntimeError } from "@outboard/provider-sdk";
import { KERNEL_CAPABILITIES, defaultCapabilities } from "./capabilities.js";

export interface Identity {
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
}

export interface Security {
  readonly identity: Identity;
  readonly privileged: boolean;
  readonly readOnlyRoot: boolean;
  /** Words for setpriv; empty: not needed. */
  readonly setpriv: readonly string[];
}

/** What the machine lets us do. */
export interface SecurityMeans {
  readonly self: Identity;
  /** setpriv is there. */
  readonly setpriv: boolean;
  /** User ids and capabilities can be changed. */
  readonly privileged: boolean;
  /** Capabilities that can be handed out, without the prefix. */
  readonly available: ReadonlySet<string>;
  /** The first process should die with its parent (no namespace does it). */
  readonly dieWithParent: boolean;
}

type Context = Readonly<Record<string, unknown>>;

/** Rejects with a RuntimeError what cannot be honoured. */
export function planSecurity(context: Context, means: SecurityMeans): Security {
  const identity = planIdentity(context, means);
  const privileged = context["privileged"] === true;
  const setpriv = [
    ...(means.privileged ? identityWords(identity) : []),
    ...(means.privileged ? capabilityWords(context, privileged, means.available) : []),
    ...(context["allowPrivilegeEscalation"] === false && !privileged ? ["--no-new-privs"] : []),
    ...(means.dieWithParent ? ["--pdeathsig", "KILL"] : []),
  ];
  if (setpriv.length > 0 && !means.setpriv) {
    if (means.privileged || context["allowPrivilegeEscalation"] === false) {
      throw refuse("CreateContainerError", "securityContext cannot be honoured: setpriv is missing on this machine");
    }
    return { identity, privileged, readOnlyRoot: context["readOnlyRootFilesystem"] === true, setpriv: [] };
  }
  return { identity, privileged, readOnlyRoot: context["readOnlyRootFilesystem"] === true, setpriv };
}

function planIdentity(context: Context, means: SecurityMeans): Identity {
  const uid = asId(context["runAsUser"]) ?? means.self.uid;
  const gid = asId(context["runAsGroup"]) ?? (uid === means.self.uid ? means.self.gid : 0);
  const extra = [...asIds(context["supplementalGroups"]), ...asIds([context["fsGroup"]])];
  const groups = [...new Set(extra)].filter((group) => group !== gid);
  if (context["runAsNonRoot"] === true && uid === 0) {
    throw refuse("CreateContainerConfigError", "container has runAsNonRoot and image will run as root");
  }
  if (!means.privileged && (uid !== means.self.uid || gid !== means.self.gid)) {
    throw refuse(
      "CreateContainerError",
      "runAsUser and runAsGroup cannot be changed without privileges on this machine",
    );
  }
  return { uid, gid, groups: means.privileged ? groups : means.self.groups };
}

function identityWords({ uid, gid, groups }: Identity): readonly string[] {
  const supplementary = groups.length === 0 ? ["--clear-groups"] : ["--groups", groups.join(",")];
  return ["--reuid", String(uid), "--regid", String(gid), ...supplementary];
}

function capabilityWords(context: Context, privileged: boolean, available: ReadonlySet<string>): readonly string[] {
  if (privileged) return ["--inh-caps=-all"];
  const wanted = wantedCapabilities(context, available);
  const list = ["-all", ...[...wanted].sort().map((name) => `+${name.toLowerCase()}`)].join(",");
  return [`--bounding-set=${list}`, "--inh-caps=-all", "--ambient-caps=-all"];
}

function wantedCapabilities(context: Context, available: ReadonlySet<string>): ReadonlySet<string> {
  const capabilities = (context["capabilities"] ?? {}) as {
    readonly add?: readonly string[];
    readonly drop?: readonly string[];
  };
  const drop = (capabilities.drop ?? []).map(shortName);
  const add = (capabilities.add ?? []).map(shortName);
  const start = drop.includes("ALL") ? [] : add.includes("ALL") ? [...available] : defaultCapabilities(available);
  const wanted = new Set(start.filter((name) => !drop.includes(name)));
  for (const name of add.filter((name) => name !== "ALL")) {
    if (!KERNEL_CAPABILITIES.includes(name))
      throw refuse("CreateContainerError", `unknown capability to add: "CAP_${name}"`);
    if (!available.has(name))
      throw refuse("CreateContainerError", `capability CAP_${name} is not available on this machine`);
    wanted.add(name);
  }
  return wanted;
}

function shortName(name: string): string {
  return name.toUpperCase().replace(/^CAP_/, "");
}

function asId(value: unknown): number | undefined {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 ? value : undefined;
}

function asIds(value: unknown): readonly number[] {
  return Array.isArray(value) ? value.flatMap((item) => asId(item) ?? []) : [];
}

function refuse(reason: string, message: string): RuntimeError {
  return new RuntimeError(reason, message);
}
