/** The control group hierarchies that are mounted: v1, v2, or both at once. */
import { chmodSync, existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";

export interface Hierarchy {
  readonly kind: "v1" | "v2";
  /** v1: those of the mount. v2: those that may be handed down. */
  readonly controllers: readonly string[];
  readonly mountPoint: string;
}

export function findHierarchies(mountinfo: string): readonly Hierarchy[] {
  const found = mountinfo.split("\n").flatMap((line): readonly Hierarchy[] => {
    const [left = "", right = ""] = line.split(" - ");
    const mountPoint = left.split(" ")[4] ?? "";
    const [type, , options = ""] = right.split(" ");
    if (type === "cgroup2") return [{ kind: "v2", controllers: controllersOf(mountPoint), mountPoint }];
    return type === "cgroup" ? [{ kind: "v1", controllers: options.split(","), mountPoint }] : [];
  });
  return [...new Map(found.map((one) => [one.mountPoint, one])).values()];
}

function controllersOf(mountPoint: string): readonly string[] {
  try {
    return readFileSync(`${mountPoint}/cgroup.controllers`, "utf8").trim().split(/\s+/).filter(Boolean);
  } catch {
    return [];
  }
}

/** v2 alone rules. */
export function isUnified(hierarchies: readonly Hierarchy[]): boolean {
  return hierarchies.length > 0 && hierarchies.every(({ kind }) => kind === "v2");
}

/** Makes a group and those above it, each with what its children need. */
export function makeGroup({ kind, mountPoint, controllers }: Hierarchy, path: string): string {
  let folder = mountPoint;
  for (const part of path.split("/").filter(Boolean)) {
    if (kind === "v2") handDown(folder, controllers);
    folder = `${folder}/${part}`;
    if (!existsSync(folder)) makeReadable(folder);
    if (controllers.includes("cpuset") && kind === "v1") inheritSets(folder);
  }
  if (kind === "v2") handDown(folder, controllers);
  return folder;
}

/** Whatever our umask is: who watches the machine reads figures of pods there. */
function makeReadable(folder: string): void {
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, 0o755);
}

function handDown(folder: string, controllers: readonly string[]): void {
  for (const controller of controllers) tryWrite(`${folder}/cgroup.subtree_control`, `+${controller}`);
}

/** In v1 a new group has no CPUs, and nothing can run in it. */
function inheritSets(folder: string): void {
  for (const file of ["cpuset.cpus", "cpuset.mems"]) {
    if (readText(`${folder}/${file}`).trim() === "") tryWrite(`${folder}/${file}`, readText(`${folder}/../${file}`));
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

function tryWrite(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch {
    // What cannot be handed down is not there.
  }
}

/** True once it is not there. */
export function removeGroup({ mountPoint }: Hierarchy, path: string): boolean {
  try {
    rmdirSync(`${mountPoint}${path}`);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT";
  }
}
