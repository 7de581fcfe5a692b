// The parts of a pod that the demo shows, and the words that kubectl has for them.

export interface ContainerStatus {
  readonly name: string;
  readonly ready: boolean;
  readonly started?: boolean;
  readonly restartCount: number;
  readonly state?: {
    readonly waiting?: { readonly reason?: string };
    readonly running?: object;
    readonly terminated?: { readonly reason?: string; readonly exitCode: number };
  };
}

export interface Pod {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid?: string;
    readonly deletionTimestamp?: string;
  };
  readonly spec?: {
    readonly containers: readonly object[];
    readonly initContainers?: readonly { readonly name: string; readonly restartPolicy?: string }[];
  };
  readonly status?: {
    readonly phase?: string;
    readonly reason?: string;
    readonly initContainerStatuses?: readonly ContainerStatus[];
    readonly containerStatuses?: readonly ContainerStatus[];
  };
}

/** READY as kubectl shows it; sidecars count, other init containers do not. */
export function readyWord({ spec, status = {} }: Pod): string {
  const { initContainerStatuses: inits = [], containerStatuses: mains = [] } = status;
  const { initContainers = [], containers = mains } = spec ?? {};
  const isSidecar = sidecarTest(initContainers);
  const ready = [...inits.filter(isSidecar), ...mains].filter((container) => container.ready);
  return `${ready.length}/${containers.length + initContainers.filter(isSidecar).length}`;
}

function sidecarTest(
  inits: readonly { readonly name: string; readonly restartPolicy?: string }[],
): (container: { readonly name: string }) => boolean {
  const names = new Set(inits.filter(({ restartPolicy }) => restartPolicy === "Always").map(({ name }) => name));
  return ({ name }) => names.has(name);
}

/** STATUS as kubectl shows it. */
export function statusWord({ metadata, status = {} }: Pod): string {
  if (metadata.deletionTimestamp !== undefined) return "Terminating";
  return (
    initWord(status.initContainerStatuses ?? []) ?? containerWord(status.containerStatuses ?? []) ?? phaseWord(status)
  );
}

export function restarts({ status = {} }: Pod): number {
  return (status.containerStatuses ?? []).reduce((sum, container) => sum + container.restartCount, 0);
}

export function exitCode({ status = {} }: Pod, container: string): number | undefined {
  return status.containerStatuses?.find(({ name }) => name === container)?.state?.terminated?.exitCode;
}

function initWord(statuses: readonly ContainerStatus[]): string | undefined {
  const index = statuses.findIndex((status) => status.state?.terminated?.exitCode !== 0 && status.started !== true);
  if (index === -1) return undefined;
  const state = statuses[index]?.state;
  if (state?.terminated !== undefined) return `Init:${state.terminated.reason ?? "Error"}`;
  const reason = state?.waiting?.reason;
  return reason === undefined || reason === "PodInitializing" ? `Init:${index}/${statuses.length}` : `Init:${reason}`;
}

function containerWord(statuses: readonly ContainerStatus[]): string | undefined {
  return statuses
    .toReversed()
    .map(({ state }) => state?.waiting?.reason ?? state?.terminated?.reason)
    .findLast((reason) => reason !== undefined && reason !== "");
}

function phaseWord(status: NonNullable<Pod["status"]>): string {
  return status.reason ?? status.phase ?? "Pending";
}
