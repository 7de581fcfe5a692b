/** The Manifest that a provider gets: its exact bytes, its digest, and which declared kinds of change two of them differ in. */
import { createHash } from "node:crypto";
import { sameValue } from "./json-diff.js";
import type { Pod, PodSpec } from "./kubernetes.js";

/** The pod as JSON: apiVersion and kind set; status and what the API server alone keeps are cut. */
export function encodeManifest(pod: Pod): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(manifestOf(pod)));
}

/** Hexadecimal SHA-256 over the bytes as sent. */
export function manifestDigest(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** The Manifest as a value. */
export function manifestOf(pod: Pod): Readonly<Record<string, unknown>> {
  const { status: _status, metadata: _metadata, spec, apiVersion: _api, kind: _kind, ...rest } = pod;
  return { apiVersion: "v1", kind: "Pod", ...rest, metadata: manifestMetadata(pod), spec };
}

/** The Manifest's metadata. */
export function manifestMetadata(pod: Pod): Readonly<Record<string, unknown>> {
  const {
    resourceVersion: _version,
    generation: _generation,
    deletionTimestamp: _deletion,
    deletionGracePeriodSeconds: _grace,
    managedFields: _fields,
    ...metadata
  } = pod.metadata as Pod["metadata"] & { readonly managedFields?: unknown };
  return metadata;
}

/** Kinds of change that the contract knows. */
export type ChangeKind =
  | "image"
  | "metadata"
  | "resources"
  | "ephemeral_containers"
  | "tolerations"
  | "grace"
  | "deadline";

/** The kinds in which the second pod differs from the first; differences of no kind are left out. */
export function changeKinds(from: Pod, to: Pod): readonly ChangeKind[] {
  return CHANGES.filter(([, part]) => !sameValue(part(from), part(to))).map(([kind]) => kind);
}

/** JSON path that a person would look at for a kind of change. */
export function changePath(kind: ChangeKind): string {
  return PATHS[kind];
}

const CHANGES: readonly (readonly [ChangeKind, (pod: Pod) => unknown])[] = [
  ["image", ({ spec }) => eachContainer(spec, ({ image }) => image)],
  [
    "metadata",
    ({ metadata: { labels, annotations, ownerReferences, finalizers } }) => [
      labels ?? {},
      annotations ?? {},
      ownerReferences ?? [],
      finalizers ?? [],
    ],
  ],
  ["resources", ({ spec }) => [spec.resources, eachContainer(spec, ({ resources }) => resources ?? {})]],
  ["ephemeral_containers", ({ spec }) => spec.ephemeralContainers ?? []],
  ["tolerations", ({ spec }) => spec.tolerations ?? []],
  ["grace", ({ spec }) => spec.terminationGracePeriodSeconds],
  ["deadline", ({ spec }) => spec.activeDeadlineSeconds],
];

const PATHS: Readonly<Record<ChangeKind, string>> = {
  image: "spec.containers[].image",
  metadata: "metadata",
  resources: "spec.containers[].resources",
  ephemeral_containers: "spec.ephemeralContainers",
  tolerations: "spec.tolerations",
  grace: "spec.terminationGracePeriodSeconds",
  deadline: "spec.activeDeadlineSeconds",
};

function eachContainer(spec: PodSpec, part: (container: PodSpec["containers"][number]) => unknown): readonly unknown[] {
  return [...(spec.initContainers ?? []), ...spec.containers].map(part);
}
