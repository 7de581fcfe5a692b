// The door for cluster tests: `import { startWorld, useCluster, ... } from "./support/index.js"`.

export { eventually, findLeftovers, isNotFound, startCluster } from "@outboard/devcluster";
export { type Backend, backendEmpty, inspectBackend } from "./backend.js";
export { container, deployment, onlyOn, pod, type PodOverrides, RUN_UNTIL_TERM } from "./builders.js";
export { containsCanary, createCanary, findCanary } from "./canary.js";
export { kubeletClient, type KubeletClient } from "./kubelet-client.js";
export { type LiveKubectl, liveKubectl, type LiveOptions, type Transport } from "./live-kubectl.js";
export type { ManagedProcess } from "./managed-process.js";
export { requireMetricsServer, startMetricsServer } from "./metrics-server.js";
export { leasePath } from "./node-ready.js";
export {
  type Condition,
  conditionOf,
  type Container,
  type ContainerState,
  type ContainerStatus,
  type CoreEvent,
  type Deployment,
  type Lease,
  type Node,
  type Pod,
  type PodSpec,
  type PodStatus,
} from "./objects.js";
export { createPod, getPod, instancesOf, lastOf, podGone, podPath, podPhase, podRunning, podWhen } from "./pods.js";
export { sharedCluster, useCluster } from "./shared-cluster.js";
export { startWorld, type World, type WorldOptions } from "./world.js";
