/** What may change in a pod that exists: what an API server would let through, everything else needs a new pod. */
import { isDeepStrictEqual } from "node:util";
import { defined } from "../domain/defined.js";
import { defaultPullPolicy } from "../domain/image-name.js";
import type { Container, Pod, PodSpec } from "../domain/kubernetes.js";
import type { PodManifest } from "./manifests.js";

/** True when the manifest says what the pod is. */
export function sameManifest(pod: Pod, manifest: PodManifest): boolean {
  return (
    isDeepStrictEqual(specOf(pod), wantedSpec(pod, manifest)) &&
    isDeepStrictEqual(pod.metadata.labels, manifest.metadata.labels) &&
    isDeepStrictEqual(pod.metadata.annotations, manifest.metadata.annotations)
  );
}

/** The pod with the manifest's changes; undefined: something changed that a pod cannot change. */
export function updatedPod(pod: Pod, manifest: PodManifest): Pod | undefined {
  const [before, after] = [specOf(pod), wantedSpec(pod, manifest)];
  if (!isDeepStrictEqual(fixedPart(before), fixedPart(after)) || !mayBecome(before, after)) return undefined;
  const isSpecChanged = !isDeepStrictEqual(before, after);
  const { labels: _labels, annotations: _annotations, ...metadata } = pod.metadata;
  return {
    ...pod,
    metadata: {
      ...metadata,
      generation: (pod.metadata.generation ?? 1) + (isSpecChanged ? 1 : 0),
      ...defined({ labels: manifest.metadata.labels, annotations: manifest.metadata.annotations }),
    },
    spec: { ...after, ...defined({ nodeName: pod.spec.nodeName }) },
  };
}

/** nodeName is ours. */
function specOf({ spec }: { readonly spec: PodSpec }): PodSpec {
  const { nodeName: _nodeName, ...rest } = spec;
  return rest;
}

/** The manifest's spec; a pull policy that is its image's default was not asked for, so the pod keeps its own. */
function wantedSpec(pod: Pod, manifest: PodManifest): PodSpec {
  const spec = specOf(manifest);
  const policies = new Map(
    [...(pod.spec.initContainers ?? []), ...pod.spec.containers].map(({ name, imagePullPolicy }) => [
      name,
      imagePullPolicy,
    ]),
  );
  const keep = (container: Container): Container => {
    const kept = policies.get(container.name);
    const isDefault = container.imagePullPolicy === defaultPullPolicy(container.image ?? "");
    return isDefault && kept !== undefined ? { ...container, imagePullPolicy: kept } : container;
  };
  return {
    ...spec,
    containers: spec.containers.map(keep),
    ...defined({ initContainers: spec.initContainers?.map(keep) }),
  };
}

/** The spec without what may change in place: images, deadline, tolerations. */
function fixedPart(spec: PodSpec): unknown {
  const { activeDeadlineSeconds: _deadline, tolerations: _tolerations, ...rest } = spec;
  const withoutImage = ({ image: _image, ...container }: { readonly image?: string }) => container;
  return {
    ...rest,
    containers: spec.containers.map(withoutImage),
    initContainers: spec.initContainers?.map(withoutImage),
  };
}

/** A deadline may be set or lowered, tolerations may be added. */
function mayBecome(before: PodSpec, after: PodSpec): boolean {
  const deadline = after.activeDeadlineSeconds ?? Number.POSITIVE_INFINITY;
  const keptTolerations = (before.tolerations ?? []).every((toleration) =>
    (after.tolerations ?? []).some((other) => isDeepStrictEqual(other, toleration)),
  );
  return deadline <= (before.activeDeadlineSeconds ?? Number.POSITIVE_INFINITY) && keptTolerations;
}
