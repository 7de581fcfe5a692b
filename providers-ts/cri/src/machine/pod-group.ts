/** A pod's control group: where it is, by the kubelet's layout, and its limits. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { CPU_PERIOD_US, toQuota, toShares } from "../map/resources.js";
import { isLimited, podTotal, qosOf, type PodAmounts, type QosClass } from "../map/pod-resources.js";
import { type Hierarchy, makeGroup, removeGroup } from "./hierarchies.js";

export type CgroupDriver = "cgroupfs" | "systemd";

const CLASSES: readonly QosClass[] = ["Guaranteed", "Burstable", "BestEffort"];

export interface GroupSettings {
  /** Absolute path of the group above all of ours; "/" for none. */
  readonly root: string;
  readonly driver: CgroupDriver;
  readonly hierarchies: readonly Hierarchy[];
}

/** Path of a pod's group below the mount point, and the name by which the runtime is told. */
export function podGroupPath({ root, driver }: GroupSettings, qos: QosClass, uid: string): string {
  const parts = [...root.split("/").filter(Boolean), "kubepods", ...qosPart(qos), `pod${uid}`];
  if (driver === "cgroupfs") return `/${parts.join("/")}`;
  const slices = parts.map((_, index) => {
    const names = parts.slice(0, index + 1).map((part) => part.replaceAll("-", "_"));
    return `${names.join("-")}.slice`;
  });
  return `/${slices.join("/")}`;
}

/** Where a pod's group can be: its class is not known. */
export function podGroupPaths(settings: GroupSettings, uid: string): readonly string[] {
  return CLASSES.map((qos) => podGroupPath(settings, qos, uid));
}

function qosPart(qos: QosClass): readonly string[] {
  return qos === "Guaranteed" ? [] : [qos.toLowerCase()];
}

/** Makes the group with its limits. With systemd the runtime makes it, so limits come once it is there. */
export function makePodGroup(settings: GroupSettings, path: string, pod: PodAmounts): void {
  if (settings.driver === "systemd") return;
  for (const hierarchy of settings.hierarchies) {
    makeGroup(hierarchy, path);
    if (path.includes("/besteffort/")) writeAll(`${hierarchy.mountPoint}${parentOf(path)}`, leastShares(hierarchy));
  }
  limitPodGroup(settings, path, pod);
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}

function leastShares(hierarchy: Hierarchy): readonly (readonly [string, string])[] {
  return limitFiles(hierarchy, { shares: 2, quotaUs: undefined, memoryBytes: undefined }).filter(([file]) =>
    /shares|weight/.test(file),
  );
}

/** Puts limits in force; throws when the kernel refuses one, with the others in force. */
export function limitPodGroup({ hierarchies }: GroupSettings, path: string, pod: PodAmounts): void {
  const acts = hierarchies.flatMap((hierarchy) => {
    const folder = `${hierarchy.mountPoint}${path}`;
    if (!existsSync(folder)) return [];
    return limitFiles(hierarchy, podLimits(pod)).map((file) => () => writeAll(folder, [file]));
  });
  tryAll(acts);
}

/** Bytes in use by all of a pod; undefined: not known. */
export function memoryUsage({ hierarchies }: GroupSettings, path: string): bigint | undefined {
  const hierarchy = hierarchies.find(({ controllers }) => controllers.includes("memory"));
  if (hierarchy === undefined) return undefined;
  const file = hierarchy.kind === "v1" ? "memory.usage_in_bytes" : "memory.current";
  try {
    return BigInt(readFileSync(`${hierarchy.mountPoint}${path}/${file}`, "utf8").trim());
  } catch {
    return undefined;
  }
}

function writeAll(folder: string, files: readonly (readonly [string, string])[]): void {
  for (const [file, value] of files) writeFileSync(`${folder}/${file}`, value);
}

/** Does all, then throws the first refusal. */
function tryAll(acts: readonly (() => void)[]): void {
  const refusals = acts.flatMap((act) => {
    try {
      act();
      return [];
    } catch (error) {
      return [error];
    }
  });
  if (refusals.length > 0) throw refusals[0];
}

interface GroupLimits {
  readonly shares: number;
  readonly quotaUs: number | undefined;
  readonly memoryBytes: number | undefined;
}

/** By the kubelet's rules. Pure. */
export function podLimits(pod: PodAmounts): GroupLimits {
  if (qosOf(pod) === "BestEffort") return { shares: 2, quotaUs: undefined, memoryBytes: undefined };
  const limits = podTotal(pod, "limits");
  return {
    shares: toShares(podTotal(pod, "requests").cpuMillis),
    quotaUs: isLimited(pod, "cpuMillis") ? toQuota(limits.cpuMillis) : undefined,
    memoryBytes: isLimited(pod, "memoryBytes") ? limits.memoryBytes : undefined,
  };
}

/** File names and values of limits. Pure. */
export function limitFiles(
  { kind, controllers }: Hierarchy,
  { shares, quotaUs, memoryBytes }: GroupLimits,
): readonly (readonly [string, string])[] {
  const files: (readonly [string, string])[] = [];
  if (controllers.includes("memory")) {
    files.push(
      kind === "v1"
        ? ["memory.limit_in_bytes", String(memoryBytes ?? -1)]
        : ["memory.max", String(memoryBytes ?? "max")],
    );
  }
  if (!controllers.includes("cpu")) return files;
  if (kind === "v1") {
    return [...files, ["cpu.shares", String(shares)], ["cpu.cfs_quota_us", String(quotaUs ?? -1)]];
  }
  const weight = 1 + Math.floor(((shares - 2) * 9999) / 262_142);
  const period = String(CPU_PERIOD_US);
  return [...files, ["cpu.weight", String(weight)], ["cpu.max", `${String(quotaUs ?? "max")} ${period}`]];
}

/** True once nothing is left of it. Groups that the runtime left empty go too. */
export function removePodGroup({ hierarchies }: GroupSettings, path: string): boolean {
  return hierarchies
    .map((hierarchy) => {
      for (const name of subgroups(`${hierarchy.mountPoint}${path}`)) removeGroup(hierarchy, `${path}/${name}`);
      return removeGroup(hierarchy, path);
    })
    .every(Boolean);
}

function subgroups(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
  } catch {
    return [];
  }
}

/** Removes the groups above the pods where they are empty, down to the root's own. */
export function removeParents({ root, driver, hierarchies }: GroupSettings): void {
  if (driver === "systemd") return;
  const own = root.split("/").filter(Boolean);
  const base = own.length === 0 ? "" : `/${own.join("/")}`;
  const paths = [`${base}/kubepods/burstable`, `${base}/kubepods/besteffort`, `${base}/kubepods`];
  for (const hierarchy of hierarchies) {
    for (const path of [...paths, ...(base === "" ? [] : [base])]) removeGroup(hierarchy, path);
  }
}
