/** What the machine is and allows, looked at once. */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { totalmem } from "node:os";
import type { LimitFacts } from "../map/resources.js";
import { MASKED_PATHS } from "../map/security.js";
import { findHierarchies, isUnified, type Hierarchy } from "./hierarchies.js";

export interface Machine {
  readonly hierarchies: readonly Hierarchy[];
  readonly limits: LimitFacts;
  readonly maskedPaths: readonly string[];
  readonly appArmor: boolean;
  readonly selinux: boolean;
}

export function inspectMachine(): Machine {
  const hierarchies = findHierarchies(readFileSync("/proc/self/mountinfo", "utf8"));
  const unified = isUnified(hierarchies);
  return {
    hierarchies,
    limits: {
      memoryBytes: totalmem(),
      unified,
      swap: hasSwapLimits(hierarchies, unified),
      hugepageSizes: hasController(hierarchies, "hugetlb") ? hugepageSizes() : [],
    },
    maskedPaths: [...MASKED_PATHS, ...throttlePaths()],
    appArmor: read("/sys/module/apparmor/parameters/enabled").startsWith("Y"),
    selinux: existsSync("/sys/fs/selinux/enforce"),
  };
}

function hasController(hierarchies: readonly Hierarchy[], name: string): boolean {
  return hierarchies.some(({ controllers }) => controllers.includes(name));
}

function hasSwapLimits(hierarchies: readonly Hierarchy[], unified: boolean): boolean {
  const memory = hierarchies.find(({ controllers }) => controllers.includes("memory"));
  if (memory === undefined) return false;
  if (!unified) return existsSync(`${memory.mountPoint}/memory.memsw.limit_in_bytes`);
  const own = /^0::(.*)$/m.exec(read("/proc/self/cgroup"))?.[1] ?? "/";
  return existsSync(`${memory.mountPoint}${own}/memory.swap.max`);
}

function hugepageSizes(): readonly number[] {
  return list("/sys/kernel/mm/hugepages").flatMap((name) => {
    const kilobytes = /^hugepages-(\d+)kB$/.exec(name)?.[1];
    return kilobytes === undefined ? [] : [Number(kilobytes) * 1024];
  });
}

function throttlePaths(): readonly string[] {
  const cpus = list("/sys/devices/system/cpu").filter((name) => /^cpu\d+$/.test(name));
  return cpus.map((name) => `/sys/devices/system/cpu/${name}/thermal_throttle`).filter((path) => existsSync(path));
}

function list(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
