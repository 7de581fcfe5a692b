/** What this machine allows, found once at the start by trying it. Everything that is declared follows from this value. */
import type { ProgramTools } from "../launch/script.js";
import { capabilitiesOf } from "../launch/capabilities.js";
import type { Identity } from "../launch/security.js";
import { findGroupParents, type GroupParent } from "./cgroups.js";
import type { Probe } from "./probe.js";

export interface Tools extends ProgramTools {
  readonly ip: string | undefined;
  readonly script: string | undefined;
  readonly stty: string | undefined;
}

/** "root": namespaces made with privileges. "user": inside a user namespace, one user only. "none": process groups. */
export type Isolation = "root" | "user" | "none";

export interface Machine {
  readonly tools: Tools;
  readonly isolation: Isolation;
  readonly cgroups: readonly GroupParent[];
  readonly network: boolean;
  readonly terminal: boolean;
  /** User ids and capabilities of containers can be chosen. */
  readonly privileges: boolean;
  readonly capabilities: ReadonlySet<string>;
  readonly self: Identity;
  /** Why something is not there, for people. */
  readonly notes: ReadonlyMap<string, string>;
}

export interface MachineWishes {
  readonly isolation: "auto" | "none";
  readonly network: "auto" | "bridge" | "host";
  readonly cgroups: "auto" | "none";
  /** Name of the control groups' parent. */
  readonly groupName: string;
}

const NAMESPACES = ["--mount", "--uts", "--ipc", "--pid", "--fork", "--kill-child"];
const USER = ["--user", "--map-root-user"];

export function inspectMachine(probe: Probe, wishes: MachineWishes): Machine {
  const notes = new Map<string, string>();
  const tools = findTools(probe);
  const isolation = wishes.isolation === "none" ? "none" : probeIsolation(probe, tools, notes);
  const status = probe.read("/proc/self/status") ?? "";
  const privileges = isolation !== "user" && probePrivileges(probe, tools, notes);
  if (isolation === "user") notes.set("users", "inside a user namespace there is one user only");
  const cgroups = wishes.cgroups === "none" ? [] : findGroupParents(probe, wishes.groupName, notes);
  const network = isolation === "root" && wishes.network !== "host" && probeNetwork(probe, tools, notes);
  return {
    tools,
    isolation,
    cgroups,
    network,
    terminal: probeTerminal(probe, tools, notes),
    privileges,
    capabilities: capabilitiesOf(/^CapBnd:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? "0"),
    self:
      isolation === "user" ? { uid: 0, gid: 0, groups: [] } : { uid: probe.uid, gid: probe.gid, groups: probe.groups },
    notes,
  };
}

/** Words that start a program in the pod's namespaces. */
export function namespaceWords(
  isolation: Isolation,
  tools: Tools,
  options: { readonly hostIpc: boolean },
): readonly string[] {
  if (isolation === "none" || tools.unshare === undefined) return [];
  const kinds = options.hostIpc ? NAMESPACES.filter((kind) => kind !== "--ipc") : NAMESPACES;
  return [tools.unshare, ...(isolation === "user" ? USER : []), ...kinds, "--mount-proc"];
}

function findTools(probe: Probe): Tools {
  return {
    sh: probe.find("sh") ?? "/bin/sh",
    env: probe.find("env") ?? "/usr/bin/env",
    setpriv: probe.find("setpriv"),
    unshare: probe.find("unshare"),
    nsenter: probe.find("nsenter"),
    ip: probe.find("ip"),
    script: probe.find("script"),
    stty: probe.find("stty"),
  };
}

function probeIsolation(probe: Probe, tools: Tools, notes: Map<string, string>): Isolation {
  const missing = ["unshare", "nsenter", "mount", "umount", "pivot_root"].filter(
    (tool) => probe.find(tool) === undefined,
  );
  if (missing.length > 0) {
    notes.set("isolation", `no namespaces: ${missing.join(", ")} not found`);
    return "none";
  }
  const tries = (["root", "user"] as const).filter((kind) => kind === "user" || probe.uid === 0);
  for (const kind of tries) {
    const argv = [...namespaceWords(kind, tools, { hostIpc: false }), tools.sh, "-c", "mount -t tmpfs outboard /mnt"];
    const result = probe.run(argv);
    if (result.ok) return kind;
    notes.set("isolation", `no namespaces: ${result.said}`);
  }
  return "none";
}

function probePrivileges(probe: Probe, tools: Tools, notes: Map<string, string>): boolean {
  if (probe.uid !== 0 || tools.setpriv === undefined) {
    notes.set("users", probe.uid === 0 ? "setpriv not found" : "the provider does not run as root");
    return false;
  }
  const result = probe.run([
    tools.setpriv,
    "--reuid",
    "1",
    "--regid",
    "1",
    "--clear-groups",
    "--bounding-set=-all",
    "true",
  ]);
  if (!result.ok) notes.set("users", result.said);
  return result.ok;
}

function probeNetwork(probe: Probe, tools: Tools, notes: Map<string, string>): boolean {
  if (tools.ip === undefined || tools.unshare === undefined) {
    notes.set("network", "ip not found: pods share the host's network");
    return false;
  }
  // Tried in a network namespace that ends with the trial.
  const trial = `${tools.ip} link add outboard0 type bridge && ${tools.ip} link add outboard1 type veth peer name outboard2`;
  const result = probe.run([tools.unshare, "--net", tools.sh, "-c", trial]);
  if (!result.ok) notes.set("network", `pods share the host's network: ${result.said}`);
  return result.ok;
}

function probeTerminal(probe: Probe, tools: Tools, notes: Map<string, string>): boolean {
  if (tools.script === undefined || tools.stty === undefined) {
    notes.set("terminal", "no terminals: script or stty not found");
    return false;
  }
  const argv = [tools.script, "-q", "-e", "-f", "--echo", "always", "-c", "tty", "/dev/null"];
  const result = probe.run(argv);
  if (!result.ok) notes.set("terminal", `no terminals: ${result.said}`);
  return result.ok;
}
