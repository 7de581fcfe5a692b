// Manifests for tests: small by default, every part can be replaced. Pods may only run on the world's own node.

import type { Container, Deployment, Pod, PodSpec } from "./objects.js";

/** What a builder needs to know of a world. */
export interface Place {
  readonly nodeName: string;
  readonly namespace: string;
}

export interface PodOverrides {
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  /** Replaces parts of the spec. */
  readonly spec?: Partial<PodSpec>;
}

/** Runs until it is told to end, and then ends at once with 0. */
export const RUN_UNTIL_TERM = "trap 'exit 0' TERM; while :; do sleep 0.2; done";

/** A container that runs a shell script; the image is mapped to the host by the process provider. */
export function container(name: string, script: string = RUN_UNTIL_TERM, more: Partial<Container> = {}): Container {
  return { name, image: "outboard.test/shell:1", command: ["sh", "-c", script], ...more };
}

/** A pod with one container `main`, bound to the node without the scheduler unless `spec.nodeName` is replaced. */
export function pod(place: Place, name: string, overrides: PodOverrides = {}): Pod {
  const { labels = {}, annotations = {} } = overrides;
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: place.namespace, labels, annotations },
    spec: { nodeName: place.nodeName, ...podSpec(overrides.spec) },
  };
}

/** A deployment whose pods the scheduler can put on the world's node only. */
export function deployment(place: Place, name: string, replicas: number, overrides: PodOverrides = {}): Deployment {
  const labels = { app: name, ...overrides.labels };
  const spec = { ...podSpec(overrides.spec), ...onlyOn(place.nodeName) };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, namespace: place.namespace },
    spec: { replicas, selector: { matchLabels: { app: name } }, template: { metadata: { labels }, spec } },
  };
}

/** Scheduling terms that let exactly one node qualify, whatever its taints. */
export function onlyOn(nodeName: string): Pick<PodSpec, "affinity" | "tolerations"> {
  const field = { key: "metadata.name", operator: "In", values: [nodeName] };
  const required = { nodeSelectorTerms: [{ matchFields: [field] }] };
  return {
    affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: required } },
    tolerations: [{ key: "virtual-kubelet.io/provider", operator: "Exists" }],
  };
}

function podSpec(spec: Partial<PodSpec> = {}): PodSpec {
  return { containers: [container("main")], terminationGracePeriodSeconds: 5, ...spec };
}
