/** What the runtime says of a container, in the engine's words. Pure. */
import type { ContainerUser, Resources } from "@outboard/contract";
import type { ContainerExit, StartedContainer } from "@outboard/provider-sdk";
import { ContainerState, type ContainerStatus, type LinuxContainerResources } from "../gen/runtime/v1/api.js";
import { CPU_PERIOD_US, MIN_SHARES } from "./resources.js";

/** What is not more the kernel does not tell from it. */
const LEAST_LIMIT_MILLIS = 10n;

export function startedOf(status: ContainerStatus): StartedContainer {
  const user = userOf(status);
  return {
    id: status.id,
    startedAt: toMs(status.startedAt) ?? toMs(status.createdAt) ?? 0,
    image: status.image?.image ?? "",
    imageId: status.imageRef === "" ? status.imageId : status.imageRef,
    ...(user === undefined ? {} : { user }),
  };
}

/** Its start failed or was cut off; whoever asked for the start was told which. Its attempt was not used. */
export function neverRan({ state, startedAt }: ContainerStatus): boolean {
  return state === ContainerState.CONTAINER_EXITED && startedAt <= 0n;
}

/** Undefined: it has not ended. */
export function exitOf(status: ContainerStatus): ContainerExit | undefined {
  if (status.state === ContainerState.CONTAINER_UNKNOWN) return { reason: "ContainerStatusUnknown" };
  if (status.state !== ContainerState.CONTAINER_EXITED) return undefined;
  const startedAt = toMs(status.startedAt);
  const finishedAt = toMs(status.finishedAt);
  return {
    exitCode: status.exitCode,
    reason: status.reason,
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(finishedAt === undefined ? {} : { finishedAt }),
  };
}

function userOf({ user }: ContainerStatus): ContainerUser | undefined {
  return user?.linux;
}

/** Undefined: never. */
function toMs(nanos: bigint): number | undefined {
  return nanos <= 0n ? undefined : Number(nanos / 1_000_000n);
}

/** The resources asked for, with what the runtime says of cpu and memory: some of it may be the pod's. */
export function resourcesInForce(asked: Resources, linux: LinuxContainerResources | undefined): Resources {
  if (linux === undefined) return asked;
  return { requests: requestsInForce(asked.requests, linux), limits: limitsInForce(asked.limits, linux) };
}

type Amounts = Resources["limits"];

function limitsInForce(asked: Amounts, { memoryLimitInBytes, cpuPeriod, cpuQuota }: LinuxContainerResources): Amounts {
  if (asked.size === 0) return asked;
  const limits = new Map(asked);
  if (memoryLimitInBytes > 0n) limits.set("memory", String(memoryLimitInBytes));
  const millis = (cpuQuota * 1000n) / (cpuPeriod > 0n ? cpuPeriod : BigInt(CPU_PERIOD_US));
  if (millis > LEAST_LIMIT_MILLIS) limits.set("cpu", `${String(millis)}m`);
  return limits;
}

/** Of memory requests a runtime knows nothing. */
function requestsInForce(asked: Amounts, { cpuShares }: LinuxContainerResources): Amounts {
  const millis = Math.ceil((Number(cpuShares) * 1000) / 1024);
  if (asked.size === 0 || millis <= MIN_SHARES) return asked;
  return new Map([...asked, ["cpu", `${String(millis)}m`]]);
}
