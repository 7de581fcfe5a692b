/** The mounts of one container: which folder or file of the host appears where. */
import { chmod, mkdir, realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import type { PresentImage } from "./image-volumes.js";
import type { ContainerManifest, VolumeMountManifest } from "./manifest.js";
import { type Mount, RuntimeError } from "./runtime.js";
import { CONFIG_ERROR, isBelow } from "./values.js";
import type { PlacedVolume } from "./volumes.js";

/** Mounts, parents first. Those of volumes that the engine does not make are left out; a read-only volume beats its mount. */
export async function containerMounts(
  container: ContainerManifest,
  subPaths: ReadonlyMap<string, string>,
  volumeOf: (name: string) => PlacedVolume | PresentImage | undefined,
): Promise<readonly Mount[]> {
  const mounts: Mount[] = [];
  for (const mount of container.volumeMounts ?? []) {
    const volume = volumeOf(mount.name);
    if (volume !== undefined) mounts.push(await namingContainer(container, mountOf(mount, volume, subPaths)));
  }
  return mounts.sort((left, right) => depth(left.mountPath) - depth(right.mountPath));
}

/** A sub path that cannot be had: told in the kubelet's words, without a word of the host's files. */
class SubPathError extends Error {}

async function namingContainer({ name }: ContainerManifest, mount: Promise<Mount>): Promise<Mount> {
  try {
    return await mount;
  } catch (error) {
    if (!(error instanceof SubPathError)) throw error;
    throw new RuntimeError(CONFIG_ERROR, `${error.message} of container "${name}"`);
  }
}

async function mountOf(
  mount: VolumeMountManifest,
  volume: PlacedVolume | PresentImage,
  subPaths: ReadonlyMap<string, string>,
): Promise<Mount> {
  const subPath = subPathOf(mount, subPaths);
  const target = { volume: mount.name, mountPath: mount.mountPath };
  if ("imageId" in volume) return { ...target, source: "", readOnly: true, image: { ...volume, subPath } };
  const source = await sourceOf(mount, volume.folder, subPath);
  return { ...target, source, readOnly: volume.readOnly || mount.readOnly === true };
}

function subPathOf(mount: VolumeMountManifest, subPaths: ReadonlyMap<string, string>): string {
  const subPath = subPaths.get(mount.mountPath) ?? mount.subPath ?? "";
  if (subPath.startsWith("/")) {
    throw new RuntimeError(CONFIG_ERROR, `error SubPath \`${subPath}\` must not be an absolute path`);
  }
  if (subPath.split("/").includes("..")) {
    throw new RuntimeError(CONFIG_ERROR, `unable to provision SubPath \`${subPath}\`: must not contain '..'`);
  }
  return subPath;
}

function depth(path: string): number {
  return path.split("/").filter((part) => part !== "").length;
}

async function sourceOf(mount: VolumeMountManifest, folder: string, subPath: string): Promise<string> {
  if (subPath === "") return folder;
  const root = await realpath(folder);
  const path = join(root, subPath);
  const real = await realpathOrMade(root, path, mount).catch((error: unknown) => {
    throw error instanceof SubPathError ? error : badSubPath(mount);
  });
  if (!isBelow(root, real)) throw badSubPath(mount);
  return real;
}

/** A missing sub path is made as a folder like the volume's, one level at a time, so that no link leads the making astray. */
async function realpathOrMade(root: string, path: string, mount: VolumeMountManifest): Promise<string> {
  const mode = (await stat(root)).mode & 0o7777;
  let at = root;
  for (const part of path
    .slice(root.length)
    .split("/")
    .filter((name) => name !== "" && name !== ".")) {
    at = await stepInto(join(at, part), mode, mount);
    if (!isBelow(root, at)) throw badSubPath(mount);
  }
  return at;
}

async function stepInto(path: string, mode: number, { name }: VolumeMountManifest): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    await mkdir(path).catch(() => {
      throw new SubPathError(`failed to create subPath directory for volumeMount "${name}"`);
    });
    await chmod(path, mode);
    return path;
  }
}

function badSubPath({ name }: VolumeMountManifest): SubPathError {
  return new SubPathError(`failed to prepare subPath for volumeMount "${name}"`);
}
