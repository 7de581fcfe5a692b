// What no history of a pod may show, whatever happened meanwhile. Pure.

import type { ContainerState, ContainerStatus, Pod } from "../support/objects.js";
import { type Asked, codeOf, MAIN, phaseOf } from "./fates.js";
import type { Seen } from "./history.js";
import { isKilledYoung } from "./killed-young.js";

const ORDER: ReadonlyMap<string, number> = new Map([
  ["Pending", 0],
  ["Running", 1],
  ["Succeeded", 2],
  ["Failed", 2],
]);

interface Memory {
  phase: string;
  startTime: string | undefined;
  restarts: number;
  /** Ids of instances that were shown to have ended. */
  readonly ended: Set<string>;
  readonly podIPs: Set<string>;
}

/** What the ledger says: a container started, and it is a real process. */
export interface Known {
  readonly hasStarted: boolean;
  readonly isReal: boolean;
}

/** All that is wrong in the order in which it was shown, each once. */
export function judgeHistory(seen: readonly Seen[], asked: Asked, known: Known): readonly string[] {
  const memory: Memory = { phase: "Pending", startTime: undefined, restarts: 0, ended: new Set(), podIPs: new Set() };
  return [...new Set(seen.flatMap((one) => [...judgeOne(one, asked, { memory, ...known })]))];
}

function* judgeOne(
  { type, pod }: Seen,
  asked: Asked,
  { memory, hasStarted, isReal }: Known & { readonly memory: Memory },
): Generator<string> {
  if (!asked.isDeleted) yield* judgeDeletion(type, pod);
  yield* judgePhase(pod, asked, memory);
  yield* judgeStart(pod, memory);
  const main = pod.status?.containerStatuses?.find(({ name }) => name === MAIN);
  if (main === undefined) return;
  yield* judgeContainer(main, memory);
  if (hasStarted || !isOfNoInstance(pod, main)) yield* judgeCodes(isReal ? withoutKilled(main, asked) : main, asked);
  const isReady = pod.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") === true;
  if (isReady && main.state?.running === undefined) yield "Ready while its container does not run";
}

function* judgeDeletion(type: Seen["type"], { metadata }: Pod): Generator<string> {
  if (type === "DELETED") yield "was deleted by nobody";
  if (metadata.deletionTimestamp !== undefined) yield "is being deleted by nobody";
}

function* judgePhase({ status, metadata }: Pod, { fate }: Asked, memory: Memory): Generator<string> {
  const phase = status?.phase ?? "Pending";
  const [before, now] = [ORDER.get(memory.phase) ?? 0, ORDER.get(phase) ?? -1];
  if (now < before || (before === 2 && phase !== memory.phase)) yield `phase ${memory.phase} became ${phase}`;
  memory.phase = phase;
  if (now < 2 || metadata.deletionTimestamp !== undefined) return;
  const wanted = phaseOf(fate);
  if (wanted !== phase)
    yield `${phase} (${status?.reason ?? "no reason"}), though ${wanted === undefined ? "it shall run" : `it shall end as ${wanted}`}`;
}

function* judgeStart({ status }: Pod, memory: Memory): Generator<string> {
  if (memory.startTime !== undefined && memory.startTime !== status?.startTime) yield "startTime changed";
  memory.startTime = status?.startTime ?? memory.startTime;
  if (status?.podIP !== undefined) memory.podIPs.add(status.podIP);
  if (memory.podIPs.size > 1) yield `its address changed: ${[...memory.podIPs].join(", ")}`;
}

function* judgeContainer(container: ContainerStatus, memory: Memory): Generator<string> {
  const { restartCount, state = {}, lastState = {} } = container;
  if (restartCount < memory.restarts) yield `restart count fell from ${memory.restarts} to ${restartCount}`;
  memory.restarts = restartCount;
  if (hasTurnedTimes(state) || hasTurnedTimes(lastState)) yield "an instance ended before it started";
  const key = `${restartCount}`;
  if (state.terminated !== undefined) memory.ended.add(key);
  if (!memory.ended.has(key)) return;
  if (state.running !== undefined) yield `instance ${restartCount} ran again after its end`;
  if (state.waiting?.reason === "ContainerCreating") yield `instance ${restartCount} is created again`;
}

function hasTurnedTimes({ terminated = { exitCode: 0 } }: ContainerState): boolean {
  const { startedAt, finishedAt } = terminated;
  return startedAt !== undefined && finishedAt !== undefined && startedAt > finishedAt;
}

/** What a kubelet shows at the end of a deleted pod whose container never was. */
function isOfNoInstance({ metadata }: Pod, { restartCount, containerID = "", state }: ContainerStatus): boolean {
  const isUnknown = state?.terminated?.reason === "ContainerStatusUnknown";
  return metadata.deletionTimestamp !== undefined && isUnknown && restartCount === 0 && containerID === "";
}

function withoutKilled(main: ContainerStatus, { fate }: Asked): ContainerStatus {
  const { state = {}, lastState = {} } = main;
  const [isNow, wasBefore] = [isKilledYoung(state, fate), isKilledYoung(lastState, fate)];
  return { ...main, ...(isNow ? { state: {} } : {}), ...(wasBefore ? { lastState: {} } : {}) };
}

function* judgeCodes({ restartCount, state, lastState }: ContainerStatus, { fate }: Asked): Generator<string> {
  const code = state?.terminated?.exitCode;
  if (code !== undefined && code !== codeOf(fate, restartCount)) {
    yield `showed exit code ${code} (${state?.terminated?.reason}) of instance ${restartCount}, which is ${codeOf(fate, restartCount)}`;
  }
  const last = lastState?.terminated?.exitCode;
  // In back-off the last instance has ended and the next is not counted yet.
  const instances = state?.waiting === undefined ? [restartCount - 1] : [restartCount, restartCount - 1];
  if (last !== undefined && !instances.some((instance) => codeOf(fate, instance) === last)) {
    yield `showed exit code ${last} of the instance before ${restartCount}`;
  }
}
