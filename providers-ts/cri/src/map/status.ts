/** What the runtime says of a container, in the engine's words. Pure. */
import type { ContainerUser, Resources } from "@outboard/contract";
import type { ContainerExit, StartedContainer } from "@outboard/provider-sdk";
import { ContainerState, type ContainerStatus, type LinuxContainerResources } from "../gen/runtime/v1/api.js";
import { CPU_PERIOD_US } from "./resources.js";

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

/** The resources asked for, with limits as the runtime says that they are. */
export function resourcesInForce(asked: Resources, linux: LinuxContainerResources | undefined): Resources {
  if (linux === undefined) return asked;
  const limits = new Map(asked.limits);
  if (limits.has("memory") && linux.memoryLimitInBytes > 0n) limits.set("memory", String(linux.memoryLimitInBytes));
  const period = linux.cpuPeriod > 0n ? linux.cpuPeriod : BigInt(CPU_PERIOD_US);
  if (limits.has("cpu") && linux.cpuQuota > 0n) limits.set("cpu", `${String((linux.cpuQuota * 1000n) / period)}m`);
  return { requests: asked.requests, limits };
}
