/** Manifest digest of an API object, made once per object: watch and PATCH give a new object for each change. */
import type { Pod } from "../../domain/kubernetes.js";
import { encodeManifest, manifestDigest } from "../../domain/manifest.js";

const digests = new WeakMap<Pod, string>();

/** Hexadecimal SHA-256 over the Manifest. */
export function digestOf(pod: Pod): string {
  const known = digests.get(pod);
  if (known !== undefined) return known;
  const digest = manifestDigest(encodeManifest(pod));
  digests.set(pod, digest);
  return digest;
}
