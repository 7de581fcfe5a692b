// What tests, demos and benchmarks use of devcluster.

export {
  ApiError,
  type ApiClient,
  createApiClient,
  isNotFound,
  type KubeList,
  type KubeObject,
  type ObjectMeta,
  type PatchKind,
  type WatchEvent,
} from "./api-client.js";
export { type Child, type ChildExit, type ChildSpec, describeExit, logTail, startChild } from "./child.js";
export { type Authority, createAuthority, type Identity, issue, type LeafRequest } from "./certificate.js";
export { type Cluster, type ClusterOptions, startCluster } from "./cluster.js";
export { type Components, type ComponentsOptions, ensureComponents, findComponents } from "./components.js";
export { DevclusterError, isMissingBinaries } from "./errors.js";
export {
  componentFolder,
  ensureGoProgram,
  findGoProgram,
  type GoProgram,
  type GoProgramOptions,
} from "./go-program.js";
export { eventually, type EventuallyOptions } from "./eventually.js";
export type { Kubectl, KubectlOptions, KubectlResult } from "./kubectl.js";
export { isAlive, markOf, type ProcessMark, signalMarked } from "./process-mark.js";
export { requireControlPlane, type SkippableTest } from "./test-gate.js";
export { endLeftovers, findLeftovers, type Leftover } from "./leftovers.js";
export { acquireFileLock } from "./file-lock.js";
export { findFreePorts } from "./free-ports.js";
export { PINNED_VERSIONS, readVersions } from "./versions.js";
