/**
 * The volumes of a pod: emptyDir and the kinds that come as files. Kinds that may hold secrets are in memory where there is a
 * folder or a mount for them; memory volumes are where a tmpfs can be mounted. All go when the pod ends.
 */
import type { VolumeInputs } from "@outboard/contract";
import type { Stats } from "node:fs";
import { chmod, mkdir, open, readdir, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { writeVolumeFiles } from "./atomic-writer.js";
import { isMounted, type PodManifest, type VolumeManifest } from "./manifest.js";
import { nestedMountPoints } from "./nested-mounts.js";
import { podMemoryLimit } from "./pod-memory.js";
import { least, parseBytes } from "./quantity.js";
import { groupOf, makeFolders, setFolderMode } from "./volume-modes.js";

const OPEN = 0o777;
const STICKY = 0o1777;

/** Mounts and unmounts a tmpfs. Both are idempotent. */
export interface TmpfsMounter {
  /** False: not possible here. */
  mount(folder: string, sizeBytes?: number): Promise<boolean>;
  unmount(folder: string): Promise<void>;
}

/** For engines that may not mount. */
export const noTmpfs: TmpfsMounter = {
  mount: async () => await Promise.resolve(false),
  unmount: async () => await Promise.resolve(),
};

/** Where the volumes of a pod are. */
export interface VolumeHome {
  /** The pod's folder. */
  readonly folder: string;
  /** Folder of the pod on a tmpfs, for kinds that may hold secrets, where nothing can be mounted. Undefined: they get a mount each. */
  readonly memory?: string | undefined;
  readonly tmpfs: TmpfsMounter;
}

/** Where the content of a volume is, and whether containers may only read it whatever their mounts say. */
export interface PlacedVolume {
  readonly folder: string;
  readonly readOnly: boolean;
}

/** Undefined: the engine does not make this kind, or its contents were left out. Volumes that come as files are read-only. */
export function placeVolume(
  home: VolumeHome,
  volume: VolumeManifest,
  inputs: readonly VolumeInputs[],
): PlacedVolume | undefined {
  if (volume.hostPath !== undefined) return { folder: volume.hostPath.path, readOnly: false };
  const folder = contentFolder(home, volume, volume.name);
  if (volume.emptyDir !== undefined) return { folder, readOnly: false };
  return inputs.some(({ name }) => name === volume.name) ? { folder, readOnly: true } : undefined;
}

/** Makes every volume of the pod; idempotent. Before the sandbox: mounts made later would not be seen in it. */
export async function prepareVolumes(
  home: VolumeHome,
  manifest: PodManifest,
  inputs: readonly VolumeInputs[],
): Promise<void> {
  await mkdir(join(home.folder, "volumes"), { recursive: true, mode: 0o700 });
  for (const volume of manifest.spec.volumes ?? []) {
    if (volume.emptyDir !== undefined) await makeEmptyDir(home, volume, manifest);
  }
  await checkHostPaths(manifest, (name) => isMounted(manifest, name));
  for (const { name, files } of [...inputs, ...notYetMounted(manifest)]) {
    const volume = volumeNamed(manifest, name);
    const folder = contentFolder(home, volume, name);
    await mkdir(folder, { recursive: true });
    const isSecret = mayBeSecret(volume) || files.some(({ sensitive }) => sensitive);
    if (isSecret && !isBelow(home.memory, folder)) await home.tmpfs.mount(folder, podMemoryLimit(manifest));
  }
  await writeVolumes(home, manifest, inputs);
}

/** Makes or checks those paths of the host that are wanted, by the names of their volumes. Rejects in the kubelet's words. */
export async function checkHostPaths({ spec }: PodManifest, isWanted: (volume: string) => boolean): Promise<void> {
  for (const { name, hostPath } of spec.volumes ?? []) {
    if (hostPath !== undefined && isWanted(name)) await checkHostPath(name, hostPath);
  }
}

/** An ephemeral container may mount such a volume later: its files come then, and secrets never lie on a disk. */
function notYetMounted(manifest: PodManifest): readonly VolumeInputs[] {
  const later = manifest.spec.volumes?.filter((volume) => mayBeSecret(volume) && !isMounted(manifest, volume.name));
  return later?.map(({ name }) => ({ name, files: [] })) ?? [];
}

/** Brings the files of the volumes up to date. */
export async function writeVolumes(
  home: VolumeHome,
  manifest: PodManifest | undefined,
  inputs: readonly VolumeInputs[],
): Promise<void> {
  const group = groupOf(manifest);
  for (const { name, files } of inputs) {
    const volume = volumeNamed(manifest, name);
    const folder = contentFolder(home, volume, name);
    await mkdir(folder, { recursive: true });
    await setFolderMode(folder, mayBeSecret(volume) ? STICKY : OPEN, { group, access: "readOnly" });
    for (const path of nestedMountPoints(manifest, name)) await makeFolders(folder, path.split("/"), 0o755, group);
    await writeVolumeFiles(folder, files, group);
  }
}

function contentFolder({ folder, memory }: VolumeHome, volume: VolumeManifest | undefined, name: string): string {
  return memory !== undefined && mayBeSecret(volume) ? join(memory, name) : join(folder, "volumes", name);
}

function isBelow(folder: string | undefined, path: string): boolean {
  return folder !== undefined && dirname(path) === folder;
}

function volumeNamed(manifest: PodManifest | undefined, name: string): VolumeManifest | undefined {
  return manifest?.spec.volumes?.find((volume) => volume.name === name);
}

/** As with the kubelet: every kind that may hold secrets, whatever it holds now; such folders are sticky. */
function mayBeSecret(volume: VolumeManifest | undefined): boolean {
  return [volume?.secret, volume?.projected, volume?.downwardAPI].some((source) => source !== undefined);
}

/** Removes every volume with its contents: those first, since namespaces of other pods may hold on to a mount. */
export async function removeVolumes({ folder, memory, tmpfs }: VolumeHome): Promise<void> {
  const volumes = join(folder, "volumes");
  const names = await readdir(volumes).catch(() => []);
  for (const name of names) {
    await removeContents(join(volumes, name));
    await tmpfs.unmount(join(volumes, name));
  }
  await rm(volumes, { recursive: true, force: true });
  if (memory !== undefined) await rm(memory, { recursive: true, force: true });
}

async function removeContents(folder: string): Promise<void> {
  for (const name of await readdir(folder)) await rm(join(folder, name), { recursive: true, force: true });
}

/** Makes or checks a path of the host, by its type. */
async function checkHostPath(name: string, hostPath: NonNullable<VolumeManifest["hostPath"]>): Promise<void> {
  const { path, type = "" } = hostPath;
  const problem = (await makingProblem(path, type)) ?? (await typeProblem(path, type));
  if (problem !== undefined) throw new Error(`MountVolume.SetUp failed for volume "${name}" : ${problem}`);
}

/** Makes what may be made; why it could not, in the kubelet's words. */
async function makingProblem(path: string, type: string): Promise<string | undefined> {
  if (!type.endsWith("OrCreate")) return undefined;
  try {
    await makeHostPath(path, type);
    return undefined;
  } catch (error) {
    const { syscall, path: at = path, message } = error as NodeJS.ErrnoException;
    if (syscall === undefined) throw error;
    return `${syscall} ${at}: ${message.replace(/^\w+: |, [^,]*$/g, "")}`;
  }
}

/** In the kubelet's words; undefined: it is what it should be. */
async function typeProblem(path: string, type: string): Promise<string | undefined> {
  const isWanted = HOST_PATH_TYPES[type];
  if (isWanted === undefined) return undefined;
  const found = await stat(path).catch(() => undefined);
  if (found !== undefined && isWanted(found)) return undefined;
  const wanted = `${path} is not a ${TYPE_WORDS[type.replace("OrCreate", "")] ?? type}`;
  if (found === undefined) {
    return `hostPath type check failed, ${wanted}, unable to determine its type: path "${path}" does not exist`;
  }
  const is = Object.keys(TYPE_WORDS).find((name) => HOST_PATH_TYPES[name]?.(found) === true) ?? "unknown";
  return `hostPath type check failed: ${wanted}, it's a ${is}`;
}

const TYPE_WORDS: Readonly<Record<string, string>> = {
  Directory: "directory",
  File: "file",
  Socket: "socket file",
  CharDevice: "character device",
  BlockDevice: "block device",
};

const HOST_PATH_TYPES: Readonly<Record<string, (found: Stats) => boolean>> = {
  Directory: (found) => found.isDirectory(),
  DirectoryOrCreate: (found) => found.isDirectory(),
  File: (found) => found.isFile(),
  FileOrCreate: (found) => found.isFile(),
  Socket: (found) => found.isSocket(),
  CharDevice: (found) => found.isCharacterDevice(),
  BlockDevice: (found) => found.isBlockDevice(),
};

/** What is there already keeps its mode. */
async function makeHostPath(path: string, type: string): Promise<void> {
  if ((await stat(path).catch(() => undefined)) !== undefined) return;
  if (type === "FileOrCreate") {
    await using file = await open(path, "a");
    await file.chmod(0o644);
    return;
  }
  const first = await mkdir(path, { recursive: true });
  if (first === undefined) return;
  for (let at = path; at.length >= first.length; at = dirname(at)) await chmod(at, 0o755);
}

async function makeEmptyDir(home: VolumeHome, volume: VolumeManifest, manifest: PodManifest): Promise<void> {
  const folder = contentFolder(home, volume, volume.name);
  await mkdir(folder, { recursive: true });
  const inMemory = volume.emptyDir?.medium === "Memory";
  const size = least(parseBytes(volume.emptyDir?.sizeLimit), podMemoryLimit(manifest));
  if (inMemory) await home.tmpfs.mount(folder, size);
  await setFolderMode(folder, inMemory ? STICKY : OPEN, { group: groupOf(manifest), access: "writable" });
}
