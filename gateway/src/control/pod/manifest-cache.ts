/** Manifest digest of an API object, made once per spec and metadata: watch and PATCH give a new object for each change. */
import { sameValue } from "../../domain/json-diff.js";
import type { Pod, PodSpec } from "../../domain/kubernetes.js";
import { encodeManifest, manifestDigest, manifestMetadata } from "../../domain/manifest.js";

interface Known {
  readonly metadata: object;
  readonly digest: string;
}

const digests = new WeakMap<PodSpec, Known>();

/** Hexadecimal SHA-256 over the Manifest. */
export function digestOf(pod: Pod): string {
  const known = digests.get(pod.spec);
  const metadata = manifestMetadata(pod);
  if (known !== undefined && sameValue(known.metadata, metadata)) return known.digest;
  const digest = manifestDigest(encodeManifest(pod));
  digests.set(pod.spec, { metadata, digest });
  return digest;
}
