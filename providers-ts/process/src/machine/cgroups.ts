/**
 * Control groups, v1, v2 and both at once. All of ours lie below one folder of our own per hierarchy; names below it carry
 * the pod's UID. Nothing outside that folder is touched, apart from enabling controllers for it.
 */
import { mkdirSync, readdirSync, rmdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { killGroup, groupMembers } from "../shim/processes.js";
import type { Probe } from "./probe.js";

/** A folder in which groups can be made. */
export interface GroupParent {
  readonly kind: "v1" | "v2";
  /** Controllers that are useful here: memory, cpu, cpuacct, pids. Empty: only for killing. */
  readonly controllers: readonly string[];
  readonly folder: string;
}

const WANTED = ["memory", "cpu", "cpuacct", "pids"];

/** Finds the hierarchies and tries to make our folder in each. */
export function findGroupParents(probe: Probe, name: string, notes: Map<string, string>): readonly GroupParent[] {
  const own = ownGroups(probe.read("/proc/self/cgroup") ?? "");
  const parents = mountedHierarchies(probe.read("/proc/self/mountinfo") ?? "").flatMap((hierarchy) => {
    const { kind, controllers } = hierarchy;
    if (kind === "v1" && controllers.length === 0) return [];
    return makeParent(hierarchy, own.get(kind === "v2" ? "" : (controllers[0] ?? "")) ?? "/", name) ?? [];
  });
  const found = new Set(parents.flatMap(({ controllers }) => controllers));
  if (!found.has("memory")) notes.set("memory limits", "no control group for memory can be made");
  if (!found.has("cpu")) notes.set("cpu limits", "no control group for cpu can be made");
  return parents;
}

interface Hierarchy {
  readonly kind: "v1" | "v2";
  readonly controllers: readonly string[];
  readonly mountPoint: string;
}

function mountedHierarchies(mountinfo: string): readonly Hierarchy[] {
  return mountinfo.split("\n").flatMap((line): readonly Hierarchy[] => {
    const [left = "", right = ""] = line.split(" - ");
    const mountPoint = left.split(" ")[4] ?? "";
    const [type, , options = ""] = right.split(" ");
    if (type === "cgroup2") return [{ kind: "v2", controllers: [], mountPoint }];
    return type === "cgroup"
      ? [{ kind: "v1", controllers: options.split(",").filter((one) => WANTED.includes(one)), mountPoint }]
      : [];
  });
}

/** Our own group by controller; "" is v2. */
function ownGroups(text: string): ReadonlyMap<string, string> {
  const lines = text.split("\n").filter(Boolean);
  return new Map(
    lines.flatMap((line) => {
      const [, controllers = "", path = "/"] = line.split(":");
      return controllers.split(",").map((controller) => [controller, path] as const);
    }),
  );
}

/** At the top of the hierarchy where we may, so that a provider started elsewhere finds its pods again; else below our own. */
function makeParent(hierarchy: Hierarchy, own: string, name: string): GroupParent | undefined {
  const bases = [hierarchy.mountPoint, `${hierarchy.mountPoint}${own === "/" ? "" : own}`];
  const base = bases.find((candidate) => canMake(`${candidate}/${name}`));
  if (base === undefined) return undefined;
  const folder = `${base}/${name}`;
  if (hierarchy.kind === "v1") return { kind: "v1", controllers: hierarchy.controllers, folder };
  return { kind: "v2", controllers: delegate(base, folder), folder };
}

function canMake(folder: string): boolean {
  try {
    mkdirSync(folder, { recursive: true });
    return true;
  } catch {
    return false;
  }
}

/** Hands controllers down to our folder; those that cannot be handed down are not there. */
function delegate(...folders: readonly string[]): readonly string[] {
  return ["memory", "cpu", "pids"].filter((controller) => {
    try {
      for (const folder of folders) writeFileSync(`${folder}/cgroup.subtree_control`, `+${controller}`);
      return true;
    } catch {
      return false;
    }
  });
}

export interface Limits {
  readonly memoryBytes: number | undefined;
  readonly cpuMillis: number | undefined;
  readonly cpuRequestMillis: number | undefined;
}

/** Makes an instance's group in every hierarchy, with its limits. */
export function makeGroups(
  parents: readonly GroupParent[],
  uid: string,
  name: string,
  limits: Limits,
): readonly string[] {
  return parents.map((parent) => {
    const pod = `${parent.folder}/${uid}`;
    mkdirSync(pod, { recursive: true });
    if (parent.kind === "v2") delegate(dirname(parent.folder), parent.folder, pod);
    const folder = `${pod}/${name}`;
    mkdirSync(folder, { recursive: true });
    setLimits(parent, folder, limits);
    return folder;
  });
}

export function groupFolders(parents: readonly GroupParent[], uid: string, name: string): readonly string[] {
  return parents.map(({ folder }) => `${folder}/${uid}/${name}`);
}

const CPU_PERIOD_US = 100_000;

export function setLimits(parent: GroupParent, folder: string, limits: Limits): void {
  for (const [file, value] of limitFiles(parent, limits)) writeFileSync(`${folder}/${file}`, value);
}

/** File names and values of limits. Pure. */
export function limitFiles(parent: GroupParent, limits: Limits): readonly (readonly [string, string])[] {
  const { memoryBytes, cpuMillis, cpuRequestMillis } = limits;
  const quota = cpuMillis === undefined ? undefined : Math.max(1000, (cpuMillis * CPU_PERIOD_US) / 1000);
  const shares = Math.max(2, Math.floor(((cpuRequestMillis ?? 0) * 1024) / 1000));
  const has = (controller: string): boolean => parent.controllers.includes(controller);
  if (parent.kind === "v1") {
    return [
      ...(has("memory") ? [["memory.limit_in_bytes", String(memoryBytes ?? -1)] as const] : []),
      ...(has("cpu")
        ? [["cpu.cfs_quota_us", String(quota ?? -1)] as const, ["cpu.shares", String(shares)] as const]
        : []),
    ];
  }
  const weight = 1 + Math.floor(((Math.min(shares, 262_144) - 2) * 9999) / 262_142);
  return [
    ...(has("memory") ? [["memory.max", String(memoryBytes ?? "max")] as const] : []),
    ...(has("cpu")
      ? [
          ["cpu.max", `${String(quota ?? "max")} ${String(CPU_PERIOD_US)}`] as const,
          ["cpu.weight", String(weight)] as const,
        ]
      : []),
  ];
}

/** UIDs that have groups. */
export function groupedPods(parents: readonly GroupParent[]): ReadonlySet<string> {
  return new Set(parents.flatMap(({ folder }) => subfolders(folder)));
}

/** Kills what runs in a pod's groups and removes them; true once nothing is left. */
export function removePodGroups(parents: readonly GroupParent[], uid: string): boolean {
  return parents
    .map(({ folder }) => {
      const pod = `${folder}/${uid}`;
      for (const name of subfolders(pod)) {
        if (groupMembers(`${pod}/${name}`).length > 0) killGroup(`${pod}/${name}`);
        removeFolder(`${pod}/${name}`);
      }
      return removeFolder(pod);
    })
    .every(Boolean);
}

/** Removes our own folders where they are empty. */
export function removeGroupParents(parents: readonly GroupParent[]): void {
  for (const { folder } of parents) removeFolder(folder);
}

function subfolders(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
  } catch {
    return [];
  }
}

function removeFolder(folder: string): boolean {
  try {
    rmdirSync(folder);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT";
  }
}
