/** Volumes that are images: pulled before the first start of a pass, and what a container mounts of them. */
import { Feature } from "@outboard/contract";
import { asRuntimeError, ensureImage } from "./image.js";
import type { ContainerManifest, VolumeManifest } from "./manifest.js";
import type { Pod } from "./pod.js";
import type { ContainerRuntime, MountedImage, RuntimeError } from "./runtime.js";

/** An image as it is mounted. */
export type PresentImage = Omit<MountedImage, "subPath">;

/** The image of a volume, or why it is not there. */
export type VolumeImage =
  | { readonly kind: "present"; readonly image: PresentImage }
  | { readonly kind: "missing"; readonly error: RuntimeError };

/** Images by the volume's name. */
export type VolumeImages = ReadonlyMap<string, PresentImage>;

/**
 * Once in a pass, by the first container that is to start in it. A failure matters only to containers that mount the volume.
 * Where the runtime has no such volumes they were admitted as left out.
 */
export async function pullVolumeImages(pod: Pod, signal: AbortSignal): Promise<void> {
  if (pod.volumeImages !== undefined) return;
  const images = new Map<string, VolumeImage>();
  const volumes = (pod.manifest?.spec.volumes ?? []).filter(({ image }) => image !== undefined);
  if (volumes.length > 0 && hasImageVolumes(pod.context.runtime)) {
    for (const volume of volumes) images.set(volume.name, await pull(pod, volume, signal));
  }
  pod.volumeImages = images;
}

function hasImageVolumes(runtime: ContainerRuntime): boolean {
  return runtime.describe().features.some(({ feature }) => feature === Feature.VOLUMES_IMAGE);
}

async function pull(
  pod: Pod,
  { name: volume, image: source }: VolumeManifest,
  signal: AbortSignal,
): Promise<VolumeImage> {
  const name = source?.reference ?? "";
  const credentials = pod.inputs?.imageVolumes.find((inputs) => inputs.name === volume)?.registryCredentials ?? [];
  try {
    const wanted = { container: "", image: name, policy: source?.pullPolicy, credentials };
    const { imageId } = await ensureImage(pod, wanted, signal);
    return { kind: "present", image: { name, imageId } };
  } catch (error) {
    signal.throwIfAborted();
    return { kind: "missing", error: asRuntimeError(error, "ErrImagePull") };
  }
}

/** What a container mounts. Throws what went wrong with the last of them that is missing. */
export function volumeImagesOf(pod: Pod, { volumeMounts = [] }: ContainerManifest): VolumeImages {
  const present = new Map<string, PresentImage>();
  let failure: RuntimeError | undefined;
  for (const { name } of volumeMounts) {
    const found = pod.volumeImages?.get(name);
    if (found?.kind === "missing") failure = found.error;
    if (found?.kind === "present") present.set(name, found.image);
  }
  if (failure !== undefined) throw failure;
  return present;
}
