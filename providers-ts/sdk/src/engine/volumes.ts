/**
 * The volumes of a pod below its folder: emptyDir and the kinds that come as files. Where a tmpfs can be mounted, memory
 * volumes and files marked sensitive are in one; both go when the pod ends.
 */
import type { VolumeInputs } from "@outboard/contract";
import { chmod, mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { writeVolumeFiles } from "./atomic-writer.js";
import type { PodManifest, VolumeManifest } from "./manifest.js";

/** Mounts and unmounts a tmpfs. Both are idempotent. */
export interface TmpfsMounter {
  /** False: not possible here. */
  mount(folder: string): Promise<boolean>;
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
export async function removeVolumes(podFolder: string, volumes: readonly string[], tmpfs: TmpfsMounter): Promise<void> {
  for (const volume of volumes) await tmpfs.unmount(join(podFolder, "volumes", volume));
  await rm(join(podFolder, "volumes"), { recursive: true, force: true });
}

async function makeEmptyDir(folder: string, volume: VolumeManifest, tmpfs: TmpfsMounter): Promise<void> {
  await mkdir(folder, { recursive: true });
  if (volume.emptyDir?.medium === "Memory") await tmpfs.mount(folder);
  await chmod(folder, 0o777);
}
