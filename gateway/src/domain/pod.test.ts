/** Builders of pods and observations for tests. */
import { defaultPod } from "./defaulting.js";
import type { Pod, PodStatus } from "./kubernetes.js";
import type { ContainerObservation, PodObservation } from "./observation.js";

/** A pod of one container "c" as an API server would have it, with parts of its spec replaced. */
export function podWith(spec: object = {}, metadata: Partial<Pod["metadata"]> = {}, status?: PodStatus): Pod {
  const made = defaultPod({
    metadata: { name: "p", namespace: "ns" },
    spec: { containers: [{ name: "c", image: "example.test/app:1" }], ...spec },
  });
  const given = { uid: "u-1", resourceVersion: "7", generation: 1, creationTimestamp: "2026-01-01T00:00:00Z" };
  return {
    ...made,
    metadata: { ...made.metadata, ...given, ...metadata },
    ...(status === undefined ? {} : { status }),
  };
}

/** What a provider says of that pod. */
export function observationWith(change: Partial<PodObservation> = {}): PodObservation {
  return {
    uid: "u-1",
    namespace: "ns",
    name: "p",
    epoch: "e",
    revision: 1n,
    specRevision: 1n,
    specDigest: "",
    inputVersion: 1n,
    backendId: "b",
    stage: "started",
    sandbox: "ready",
    podIPs: ["10.1.0.5"],
    hostIPs: [],
    observedAt: "2026-01-01T00:00:30Z",
    needsInputs: false,
    containers: [containerWith()],
    ...change,
  };
}

/** A running container "c". */
export function containerWith(change: Partial<ContainerObservation> = {}): ContainerObservation {
  return {
    name: "c",
    kind: "main",
    state: { kind: "running", since: "2026-01-01T00:00:10Z" },
    willRestart: false,
    restartCount: 0,
    containerId: "one",
    image: "",
    imageId: "sha256:1",
    mounts: [],
    ...change,
  };
}
