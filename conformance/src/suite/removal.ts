/** Removing pods that the suite made, and telling why one is left. */
import { isStatusError, StopReason } from "@outboard/contract";
import { briefOf } from "./brief.js";
import { pause } from "./pause.js";
import { codeText } from "./status-text.js";
import type { World } from "./world.js";

/** A pod that could not be removed. */
export interface Leak {
  readonly uid: string;
  /** Id of the check that made it. */
  readonly check: string;
  /** What the last try came to, and what the pod looked like then. */
  readonly message: string;
}

interface Removal {
  readonly uid: string;
  /** Also what is refused for another reason than that it still runs is tried again, until the limit of an end. */
  readonly isPatient: boolean;
}

const TRY_MS = 25;
const PATIENT_TRY_MS = 250;

/** Stops and releases a pod, whatever its state. Undefined when it is gone, else why it is not. */
export async function removePod(
  world: World,
  { uid, isPatient }: Removal,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { pods } = world.clients(() => {});
  const since = performance.now();
  const isOver = (): boolean => performance.now() - since > world.limits.of("end") * world.load.factorSince(since);
  const order = { uid, graceSeconds: 0, reason: StopReason.USER };
  for (let isStopped = false; ; ) {
    const notStopped: Error | undefined = isStopped
      ? undefined
      : await refusalOf(pods.stopPod(order, world.call(signal)));
    isStopped = notStopped === undefined;
    const notReleased = await refusalOf(pods.releasePod({ uid }, world.call(signal)));
    if (notReleased === undefined) return undefined;
    if (isOver() || signal.aborted || !(isPatient || stillRuns(notReleased))) {
      const stopping = notStopped === undefined ? "" : `StopPod was refused with ${textOf(notStopped)}; `;
      return `${stopping}ReleasePod was refused with ${textOf(notReleased)}${await look(world, uid, signal)}`;
    }
    await pause(isPatient ? PATIENT_TRY_MS : TRY_MS, signal).catch(() => {});
  }
}

/** Tries all that is left once more, side by side: what a moment kept is gone by now. */
export async function sweep(world: World, signal: AbortSignal): Promise<void> {
  const left = await Promise.all(
    world.leaks.splice(0).map(async ({ uid, check }): Promise<readonly Leak[]> => {
      const message = await removePod(world, { uid, isPatient: true }, signal);
      return message === undefined ? [] : [{ uid, check, message }];
    }),
  );
  world.leaks.push(...left.flat());
}

async function refusalOf(call: Promise<unknown>): Promise<Error | undefined> {
  try {
    await call;
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

function stillRuns(error: Error): boolean {
  return isStatusError(error) && error.reason === "STILL_RUNNING";
}

function textOf(error: Error): string {
  return isStatusError(error) ? `${codeText(error)} (${error.message})` : error.message;
}

async function look(world: World, uid: string, signal: AbortSignal): Promise<string> {
  const { pods } = world.clients(() => {});
  const { pod } = await pods.getPod({ uid }, world.call(signal)).catch(() => ({ pod: undefined }));
  return pod === undefined ? "" : `; it is ${briefOf(pod)}`;
}
