/**
 * The volumes of a pod below its folder: emptyDir and the kinds that come as files. Where a tmpfs can be mounted, memory
 * volumes and files marked sensitive are in one; both go when the pod ends.
 */
import type { VolumeInputs } from "@outboard/contract";
import type { Stats } from "node:fs";
import { chmod, mkdir, open, readdir, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { writeVolumeFiles } from "./atomic-writer.js";
import type { PodManifest, VolumeManifest } from "./manifest.js";
import { parseBytes } from "./quantity.js";
import { groupOf, setFolderMode } from "./volume-modes.js";

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

/** Where the content of a volume is, and whether containers may only read it whatever their mounts say. */
export interface PlacedVolume {
  readonly folder: string;
  readonly readOnly: boolean;
}

/** Undefined: the engine does not make this kind, or its contents were left out. Volumes that come as files are read-only. */
export function placeVolume(
  podFolder: string,
  volume: VolumeManifest,
  inputs: readonly VolumeInputs[],
): PlacedVolume | undefined {
  if (volume.hostPath !== undefined) return { folder: volume.hostPath.path, readOnly: false };
  const folder = join(podFolder, "volumes", volume.name);
  if (volume.emptyDir !== undefined) return { folder, readOnly: false };
  return inputs.some(({ name }) => name === volume.name) ? { folder, readOnly: true } : undefined;
}

/** Makes every volume of the pod; idempotent. Before the sandbox: mounts made later would not be seen in it. */
export async function prepareVolumes(
  podFolder: string,
  manifest: PodManifest,
  inputs: readonly VolumeInputs[],
  tmpfs: TmpfsMounter,
): Promise<void> {
  await mkdir(join(podFolder, "volumes"), { recursive: true, mode: 0o700 });
  for (const volume of manifest.spec.volumes ?? []) {
    if (volume.emptyDir !== undefined) await makeEmptyDir(podFolder, volume, groupOf(manifest), tmpfs);
    if (volume.hostPath !== undefined) await checkHostPath(volume.name, volume.hostPath);
  }
  for (const { name, files } of inputs) {
    const folder = join(podFolder, "volumes", name);
    await mkdir(folder, { recursive: true });
    const isSecret = isInMemory(volumeNamed(manifest, name)) || files.some(({ sensitive }) => sensitive);
    if (isSecret) await tmpfs.mount(folder);
  }
  await writeVolumes(podFolder, manifest, inputs);
}

/** Brings the files of the volumes up to date. */
export async function writeVolumes(
  podFolder: string,
  manifest: PodManifest | undefined,
  inputs: readonly VolumeInputs[],
): Promise<void> {
  const group = groupOf(manifest);
  for (const { name, files } of inputs) {
    const folder = join(podFolder, "volumes", name);
    await mkdir(folder, { recursive: true });
    const mode = isInMemory(volumeNamed(manifest, name)) ? STICKY : OPEN;
    await setFolderMode(folder, mode, { group, access: "readOnly" });
    await writeVolumeFiles(folder, files, group);
  }
}

function volumeNamed(manifest: PodManifest | undefined, name: string): VolumeManifest | undefined {
  return manifest?.spec.volumes?.find((volume) => volume.name === name);
}

/** As with the kubelet: every kind that may hold secrets, whatever it holds now; such folders are sticky. */
function isInMemory(volume: VolumeManifest | undefined): boolean {
  return [volume?.secret, volume?.projected, volume?.downwardAPI].some((source) => source !== undefined);
}

/** Removes every volume with its contents: those first, since namespaces of other pods may hold on to a mount. */
export async function removeVolumes(podFolder: string, tmpfs: TmpfsMounter): Promise<void> {
  const folder = join(podFolder, "volumes");
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    await removeContents(join(folder, name));
    await tmpfs.unmount(join(folder, name));
  }
  await rm(folder, { recursive: true, force: true });
}

async function removeContents(folder: string): Promise<void> {
  for (const name of await readdir(folder)) await rm(join(folder, name), { recursive: true, force: true });
}

/** Makes or checks a path of the host, by its type. */
async function checkHostPath(name: string, hostPath: NonNullable<VolumeManifest["hostPath"]>): Promise<void> {
  const { path, type = "" } = hostPath;
  if (type.endsWith("OrCreate")) await makeHostPath(path, type);
  const isWanted = HOST_PATH_TYPES[type];
  if (isWanted === undefined) return;
  const found = await stat(path).catch(() => undefined);
  if (found !== undefined && isWanted(found)) return;
  throw new Error(
    `MountVolume.SetUp failed for volume "${name}" : hostPath type check failed: ${path} is not a ${type}`,
  );
}

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

async function makeEmptyDir(
  podFolder: string,
  volume: VolumeManifest,
  group: number | undefined,
  tmpfs: TmpfsMounter,
): Promise<void> {
  const folder = join(podFolder, "volumes", volume.name);
  await mkdir(folder, { recursive: true });
  const inMemory = volume.emptyDir?.medium === "Memory";
  if (inMemory) await tmpfs.mount(folder, parseBytes(volume.emptyDir?.sizeLimit));
  await setFolderMode(folder, inMemory ? STICKY : OPEN, { group, access: "writable" });
}
