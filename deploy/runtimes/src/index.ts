// What tests, benchmarks and e2e suites use of real container runtimes.

export { CONTAINERD_VERSION, ensureContainerdV2, findContainerdV2 } from "./components.js";
export { type Containerd, type ContainerdOptions, startContainerd } from "./containerd.js";
export { POD_SUBNET } from "./containerd-config.js";
export { type DebianPackage, ensurePackages, missingPackages } from "./debian-packages.js";
export { describeEnclosed, type EnclosedSuite } from "./enclosed-suite.js";
export {
  type EnclosedRun,
  type EnclosureOptions,
  isEnclosed,
  NODE_ADDRESS,
  runEnclosed,
  sweepEnclosures,
} from "./enclosure.js";
export type { Daemon } from "./daemon.js";
export { type DockerOptions, type DockerRuntime, startDockerd } from "./dockerd.js";
export { type PodmanOptions, startPodman } from "./podman.js";
export { type Hold, installRuncGate, type RuncGate } from "./runc-gate.js";
export { RuntimesError, type RuntimesReason } from "./errors.js";
export { AGNHOST_IMAGE, BUSYBOX_IMAGE, NONROOT_IMAGE, PAUSE_IMAGE } from "./images/recipes.js";
export { ensureTestImages, findTestImages } from "./images/test-images.js";
export {
  type Registry,
  REGISTRY_ACCOUNT,
  type RegistryOptions,
  type RegistryRequest,
  startRegistry,
} from "./registry.js";
export {
  ensureRuntimes,
  requireRuntimes,
  type RequireOptions,
  type RuntimeNeed,
  unsupportedReason,
} from "./test-gate.js";
