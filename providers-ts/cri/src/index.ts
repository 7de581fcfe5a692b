/** The CRI provider, for those who embed it: a ContainerRuntime over a CRI socket. */
export { type CriClient, openCri } from "./client/cri-client.js";
export { ContainerConfig, PodSandboxConfig } from "./gen/runtime/v1/api.js";
export { inspectMachine, type Machine } from "./machine/machine.js";
export type { CgroupDriver, GroupSettings } from "./machine/pod-group.js";
export { CriRuntime, type CriRuntimeOptions } from "./runtime/cri-runtime.js";
export { PodStore } from "./runtime/pod-store.js";
export { probeRuntime, type RuntimeFacts } from "./runtime/probe.js";
