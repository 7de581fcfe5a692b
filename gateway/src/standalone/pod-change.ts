/** What may change in a pod that exists: what an API server would let through, everything else needs a new pod. */
import { isDeepStrictEqual } from "node:util";
import type { Pod, PodSpec } from "../domain/kubernetes.js";
import type { PodManifest } from "./manifests.js";

/** True when the manifest says what the pod is. */
export function sameManifest(pod: Pod, manifest: PodManifest): boolean {
  return (
    isDeepStrictEqual(specOf(pod), manifest.spec) &&
    isDeepStrictEqual(pod.metadata.labels, manifest.metadata.labels) &&
    isDeepStrictEqual(pod.metadata.annotations, manifest.metadata.annotations)
  );
}

/** The pod with the manifest's changes; undefined: something changed that a pod cannot change. */
export function updatedPod(pod: Pod, manifest: PodManifest): Pod | undefined {
  if (!isDeepStrictEqual(fixedPart(specOf(pod)), fixedPart(manifest.spec))) return undefined;
  const specChanged = !isDeepStrictEqual(specOf(pod), manifest.spec);
  const generation = (pod.metadata.generation ?? 1) + (specChanged ? 1 : 0);
  const { labels, annotations, ...metadata } = pod.metadata;
  return {
    ...pod,
    metadata: {
      ...metadata,
      generation,
      ...(manifest.metadata.labels === undefined ? {} : { labels: manifest.metadata.labels }),
      ...(manifest.metadata.annotations === undefined ? {} : { annotations: manifest.metadata.annotations }),
    },
    spec: { ...manifest.spec, ...(pod.spec.nodeName === undefined ? {} : { nodeName: pod.spec.nodeName }) },
  };
}

function specOf({ spec }: Pod): PodSpec {
  const { nodeName: _nodeName, ...rest } = spec;
  return rest;
}

/** The spec without what may change in place: images, deadline, tolerations. */
function fixedPart(spec: PodSpec): unknown {
  const { activeDeadlineSeconds: _deadline, tolerations: _tolerations, nodeName: _nodeName, ...rest } = spec;
  const withoutImage = ({ image: _image, ...container }: { readonly image?: string }) => container;
  return {
    ...rest,
    containers: spec.containers.map(withoutImage),
    initContainers: spec.initContainers?.map(withoutImage),
  };
}
