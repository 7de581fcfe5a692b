/**
 * Which image names run, and on which files. This provider has no images of its own: a name stands for a folder that is
 * there, by the host's special names or by the operator's mapping; everything else is refused, so that nobody believes
 * that an image ran.
 */
import { createHash } from "node:crypto";

export interface ImageMapping {
  /** Image name; "*" stands for any characters. */
  readonly match: string;
  /** Folder that becomes the container's root. */
  readonly rootfs: string;
}

export interface ImagePolicy {
  readonly mappings: readonly ImageMapping[];
  /** Every image that nothing else maps is the host's own files. */
  readonly mapAll: boolean;
}

export interface ResolvedImage {
  readonly rootfs: string;
  readonly imageId: string;
}

const HOST_NAMES = new Set(["host", "outboard.dev/host"]);

/** Undefined: refused. */
export function resolveImage(image: string, policy: ImagePolicy): ResolvedImage | undefined {
  const mapped = policy.mappings.find(({ match }) => matches(match, image) || matches(match, withoutDefaults(image)));
  if (mapped !== undefined) return toResolved(mapped.rootfs);
  return policy.mapAll || HOST_NAMES.has(withoutTag(image)) ? toResolved("/") : undefined;
}

export function refusalText(image: string): string {
  return `image "${image}" cannot run: the process provider pulls no images; use the image name "outboard.dev/host" or map it to a folder in the provider's configuration`;
}

function toResolved(rootfs: string): ResolvedImage {
  return { rootfs, imageId: `host://sha256:${createHash("sha256").update(rootfs).digest("hex")}` };
}

function matches(pattern: string, image: string): boolean {
  const escaped = pattern.replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`).replaceAll("*", ".*");
  return new RegExp(`^${escaped}$`, "s").test(image);
}

function withoutDefaults(image: string): string {
  return image.replace(/^docker\.io\//, "").replace(/^library\//, "");
}

function withoutTag(image: string): string {
  return withoutDefaults(image)
    .replace(/@.*$/, "")
    .replace(/:[^:/]*$/, "");
}
