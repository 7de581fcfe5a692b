/** The SDK: what the author of a provider imports. */
export type { Clock } from "./clock/clock.js";
export { sleep } from "./clock/clock.js";
export { ManualClock } from "./clock/manual-clock.js";
export { SystemClock } from "./clock/system-clock.js";
export { type BackOff, backOffUntil, formatDuration, nextBackOff } from "./engine/back-off.js";
export type { Withheld } from "./engine/describe.js";
export { createPodEngine, type PodEngineOptions } from "./engine/engine.js";
export { eventTexts, type EventText, toEvent } from "./engine/events.js";
export {
  type ContainerKindName,
  type ContainerManifest,
  containersOf,
  formatPod,
  graceMsOf,
  type NamedContainer,
  parseManifest,
  type PodManifest,
  type RestartRule,
} from "./engine/manifest.js";
export type * from "./engine/runtime.js";
export { RuntimeError } from "./engine/runtime.js";
export { parseBytes, parseCpuMillis } from "./engine/quantity.js";
export { decideRestart } from "./engine/restart.js";
export { noTmpfs, type TmpfsMounter } from "./engine/volumes.js";
export { describeError, refuse } from "./errors.js";
export type * from "./provider.js";
export { architectureName, hostAddresses, hostState } from "./program/host.js";
export { hostDNS, reachableDNS } from "./program/host-dns.js";
export {
  diskSize,
  type HeldBack,
  KUBELET_HOLDS_BACK,
  type KeptFree,
  type MachineAmounts,
  nodeResources,
  parseKeptFree,
} from "./program/node-resources.js";
export {
  type BuiltProvider,
  type FlagSpec,
  type ProgramTools,
  runProvider,
  SettingsError,
  Settings,
} from "./program/run-provider.js";
export { memoryFolder } from "./program/memory-folder.js";
export { openStateFolder, type StateFolder } from "./program/state-folder.js";
export { serve, type ServedProvider, type ServeOptions } from "./serve.js";
export type { Control } from "./testing/control.js";
export type { Guard } from "./testing/guard.js";
