/**
 * The volumes of a pod below its folder: emptyDir and the kinds that come as files. Where a tmpfs can be mounted, memory
 * volumes and files marked sensitive are in one; both go when the pod ends.
 */
import type { VolumeInputs } from "@outboard/contract";
import type { Stats } from "node:fs";
import { chmod, mkdir, open, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { writeVolumeFiles } from "./atomic-writer.js";
import { parseBytes } from "./quantity.js";
import type { PodManifest, VolumeManifest } from "./manifest.js";

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

/** Folder of one volume. Undefined: the engine does not make this kind, or its contents were left out. */
export function volumeFolder(
  podFolder: string,
  volume: VolumeManifest,
  inputs: readonly VolumeInputs[],
): string | undefined {
  if (volume.hostPath !== undefined) return volume.hostPath.path;
  const isOwn = volume.emptyDir !== undefined || inputs.some((candidate) => candidate.name === volume.name);
  return isOwn ? join(podFolder, "volumes", volume.name) : undefined;
}

/** Makes every volume of the pod; idempotent. */
export async function prepareVolumes(
  podFolder: string,
  manifest: PodManifest,
  inputs: readonly VolumeInputs[],
  tmpfs: TmpfsMounter,
): Promise<void> {
  await mkdir(join(podFolder, "volumes"), { recursive: true, mode: 0o755 });
  for (const volume of manifest.spec.volumes ?? []) {
    if (volume.emptyDir !== undefined) await makeEmptyDir(join(podFolder, "volumes", volume.name), volume, tmpfs);
    if (volume.hostPath !== undefined) await checkHostPath(volume.name, volume.hostPath);
  }
  await writeVolumes(podFolder, inputs, tmpfs);
}

/** Brings the files of the volumes up to date. */
export async function writeVolumes(
  podFolder: string,
  inputs: readonly VolumeInputs[],
  tmpfs: TmpfsMounter,
): Promise<void> {
  for (const volume of inputs) {
    const folder = join(podFolder, "volumes", volume.name);
    await mkdir(folder, { recursive: true, mode: 0o755 });
    if (volume.files.some((file) => file.sensitive)) await tmpfs.mount(folder);
    await writeVolumeFiles(folder, volume.files);
  }
}

/** Removes every volume with its contents. */
export async function removeVolumes(podFolder: string, tmpfs: TmpfsMounter): Promise<void> {
  const folder = join(podFolder, "volumes");
  const names = await readdir(folder).catch(() => []);
  for (const name of names) await tmpfs.unmount(join(folder, name));
  await rm(folder, { recursive: true, force: true });
}

/** Makes or checks a path of the host, by its type. */
async function checkHostPath(name: string, hostPath: NonNullable<VolumeManifest["hostPath"]>): Promise<void> {
  const { path, type = "" } = hostPath;
  if (type === "DirectoryOrCreate") await mkdir(path, { recursive: true, mode: 0o755 });
  if (type === "FileOrCreate") await (await open(path, "a", 0o644)).close();
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

async function makeEmptyDir(folder: string, volume: VolumeManifest, tmpfs: TmpfsMounter): Promise<void> {
  await mkdir(folder, { recursive: true });
  if (volume.emptyDir?.medium === "Memory") await tmpfs.mount(folder, parseBytes(volume.emptyDir.sizeLimit));
  await chmod(folder, 0o777);
}
