/** The process provider, for those who embed it: a ContainerRuntime over host processes. */
export type { ImageMapping, ImagePolicy } from "./images/image-policy.js";
export { inspectMachine, type Isolation, type Machine, type MachineWishes } from "./machine/machine.js";
export { hostProbe, type Probe } from "./machine/probe.js";
export { type BridgeOptions, openBridge } from "./network/bridge.js";
export type { PodNetwork } from "./network/network.js";
export { ProcessRuntime, type ProcessRuntimeOptions } from "./runtime/process-runtime.js";
