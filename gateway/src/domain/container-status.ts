/** The API status of one container, from its spec, what the provider observed, and what the API showed before. */
import { defined, nonEmpty } from "./defined.js";
import type { Container, ContainerStateStatus, ContainerStatus, TerminatedStatus } from "./kubernetes.js";
import { cutText } from "./text.js";
import type { ContainerObservation, ContainerState, Terminated } from "./observation.js";
import { actualResources } from "./container-resources.js";

/** Reason for an instance whose end nobody saw. */
export const STATUS_UNKNOWN = "ContainerStatusUnknown";
/** Message for it. */
export const NOT_LOCATED = "The container could not be located when the pod was terminated";

const RESTARTING_ALL = "RestartingAllContainers";

/** What is the same for all containers of a pod. */
export interface StatusContext {
  /** Scheme of container ids. */
  readonly runtimeName: string;
  /** Reason of a container that nothing is known of. */
  readonly defaultReason: string;
  /** Nothing is started any more: waiting containers show how they ended. */
  readonly terminating: boolean;
  /** By the deletion of the pod: what waits shows no reason any more. */
  readonly deleted: boolean;
  /** Bytes of one termination message. */
  readonly messageLimit: number;
  /** RFC 3339: for an end whose time nobody knows. */
  readonly endedAt: string;
}

/** One container and what is known of it. */
export interface ContainerFacts {
  readonly container: Container;
  readonly kind: ContainerObservation["kind"];
  readonly observed: ContainerObservation | undefined;
  readonly previous: ContainerStatus | undefined;
}

/** Before any instance, or for what the provider left out. */
export function unseenStatus(facts: ContainerFacts, context: StatusContext): ContainerStatus {
  const { container, previous, kind } = facts;
  return {
    name: container.name,
    state: { waiting: { reason: context.defaultReason } },
    lastState: previous?.lastState ?? {},
    ready: false,
    restartCount: previous?.restartCount ?? 0,
    image: container.image ?? "",
    imageID: "",
    ...(kind === "ephemeral" ? {} : { started: false }),
    ...mounts(container, undefined),
  };
}

/** The status. */
export function containerStatus(facts: ContainerFacts, context: StatusContext): ContainerStatus {
  const { observed, previous } = facts;
  if (observed === undefined) return previous === undefined ? unseenStatus(facts, context) : keep(previous, context);
  const state = stateOf(facts, observed, context);
  const status = {
    ...unseenStatus(facts, context),
    state,
    lastState: lastState(facts, observed, context, state),
    restartCount: Math.max(observed.restartCount, previous?.restartCount ?? 0),
    ...mounts(facts.container, observed),
  };
  if (!isSeen(observed)) return status;
  return { ...status, ...instance(facts, observed, context), ...health(facts, observed, state) };
}

/** Nothing new is known: as it was, except that what will never start no longer waits for it. */
function keep(previous: ContainerStatus, context: StatusContext): ContainerStatus {
  if (!context.terminating || previous.state?.waiting === undefined) return previous;
  const ended = previous.lastState?.terminated;
  if (previous.containerID !== undefined && ended !== undefined) return { ...previous, state: { terminated: ended } };
  return context.deleted ? { ...previous, state: { waiting: { reason: context.defaultReason } } } : previous;
}

function isSeen(observed: ContainerObservation): boolean {
  return observed.containerId !== "" || observed.state.kind === "running" || observed.state.kind === "terminated";
}

function stateOf(facts: ContainerFacts, observed: ContainerObservation, context: StatusContext): ContainerStateStatus {
  const { state } = observed;
  switch (state.kind) {
    case "unknown":
      return facts.previous?.state ?? { waiting: { reason: context.defaultReason } };
    case "running":
      return { running: { startedAt: state.since } };
    case "terminated":
      return { terminated: terminatedStatus(state, context, facts.previous) };
    case "waiting":
      return waitingState(state, observed, context);
  }
}

function waitingState(
  state: Extract<ContainerState, { kind: "waiting" }>,
  observed: ContainerObservation,
  context: StatusContext,
): ContainerStateStatus {
  if (context.terminating && observed.lastTermination !== undefined && isSeen(observed)) {
    return { terminated: terminatedStatus(observed.lastTermination, context, undefined) };
  }
  if (context.deleted) return { waiting: { reason: context.defaultReason } };
  const reason = state.reason || context.defaultReason;
  return { waiting: { reason, ...(state.message === "" ? {} : { message: state.message }) } };
}

/** An instance that ended. `previous` keeps an end time that only the gateway knew. */
export function terminatedStatus(
  ended: Terminated,
  context: StatusContext,
  previous: ContainerStatus | undefined,
): TerminatedStatus {
  const containerID = idOf(ended.containerId, context);
  const known = previous?.state?.terminated;
  const knownEnd = known?.containerID === containerID ? known?.finishedAt : undefined;
  return defined({
    ...verdict(ended, cutText(ended.message, context.messageLimit)),
    signal: ended.signal,
    startedAt: ended.since,
    finishedAt: ended.until ?? knownEnd ?? (isRemoved(ended) ? undefined : context.endedAt),
    containerID,
  });
}

/** In a restart of all containers: as with the kubelet no times are told. */
function isRemoved({ reason, containerId }: Terminated): boolean {
  return reason === RESTARTING_ALL && containerId === "";
}

function idOf(id: string, { runtimeName }: StatusContext): string | undefined {
  return id === "" ? undefined : `${runtimeName}://${id}`;
}

function verdict(ended: Terminated, message: string): Pick<TerminatedStatus, "exitCode" | "reason" | "message"> {
  if (ended.exitCode === undefined) return { exitCode: 137, reason: STATUS_UNKNOWN, message: message || NOT_LOCATED };
  const reason = ended.reason || (ended.exitCode === 0 ? "Completed" : "Error");
  return defined({ exitCode: ended.exitCode, reason, message: nonEmpty(message) });
}

function lastState(
  facts: ContainerFacts,
  observed: ContainerObservation,
  context: StatusContext,
  state: ContainerStateStatus,
): ContainerStateStatus {
  if (observed.lastTermination !== undefined) {
    return { terminated: terminatedStatus(observed.lastTermination, context, undefined) };
  }
  const { previous } = facts;
  const ended = previous?.state?.terminated;
  const replaced = ended !== undefined && state.terminated === undefined && observed.state.kind !== "unknown";
  return replaced ? { terminated: ended } : (previous?.lastState ?? {});
}

/** What belongs to the latest instance. */
function instance(
  facts: ContainerFacts,
  observed: ContainerObservation,
  context: StatusContext,
): Partial<ContainerStatus> {
  const { resources, image = "" } = facts.container;
  const containerID = idOf(observed.containerId, context);
  const same = facts.previous?.containerID === containerID ? facts.previous : undefined;
  return defined({
    image: observed.image || image,
    imageID: observed.imageId || (same?.imageID ?? ""),
    containerID,
    allocatedResources: resources?.requests,
    resources: actualResources(resources, observed),
    user: linuxUser(observed.user) ?? same?.user,
  });
}

function linuxUser(user: ContainerObservation["user"]): ContainerStatus["user"] | undefined {
  if (user === undefined) return undefined;
  const { uid, gid, supplementalGroups } = user;
  return { linux: { uid, gid, ...(supplementalGroups.length === 0 ? {} : { supplementalGroups }) } };
}

/** started and ready. */
function health(
  { kind, previous }: ContainerFacts,
  observed: ContainerObservation,
  state: ContainerStateStatus,
): Pick<ContainerStatus, "started" | "ready"> {
  if (kind === "ephemeral") return { ready: false };
  const known = observed.state.kind === "unknown" ? previous : undefined;
  const started = state.running !== undefined && firstOf(observed.started, known?.started);
  const ready = kind === "init" ? isInitReady(previous, state) : started && firstOf(observed.ready, known?.ready);
  return { started, ready };
}

/** Once it succeeded; what a restart of all containers has removed shows as before until something runs again. */
function isInitReady(previous: ContainerStatus | undefined, state: ContainerStateStatus): boolean {
  if (state.waiting?.reason === RESTARTING_ALL) return previous?.ready === true;
  return state.terminated?.exitCode === 0;
}

/** What is told, else what was known; true where there is no probe. */
function firstOf(told: boolean | undefined, known: boolean | undefined): boolean {
  return told ?? known ?? true;
}

function mounts(
  container: Container,
  observed: ContainerObservation | undefined,
): Pick<ContainerStatus, "volumeMounts"> {
  const volumeMounts = (container.volumeMounts ?? []).map(({ name, mountPath, readOnly }) => {
    const made = observed?.mounts.find((mount) => mount.mountPath === mountPath);
    const recursive = made?.recursiveReadOnly || "Disabled";
    return { name, mountPath, ...(readOnly === true ? { readOnly, recursiveReadOnly: recursive } : {}) };
  });
  return volumeMounts.length === 0 ? {} : { volumeMounts };
}
