// One burst, measured: pods created until all are Running, then deleted until all are gone.

import { type Measured, measurePhase, type PhaseWork, untilQuiet } from "../phase.js";
import { type PodTimes, type PodWatch, watchPods } from "../pod-watch.js";
import { PODS_PATH } from "../load.js";
import { waitFor } from "../rig.js";
import { createBurst, deleteBurst, openConnections } from "./burst-load.js";
import { auditClock, createdToRunning, curveOf } from "./clocks.js";
import type { BurstPhase } from "./figures.js";
import type { Ground } from "./ground.js";

export interface BurstRun {
  readonly ground: Ground;
  readonly measured: Measured;
  /** By name. */
  readonly pods: ReadonlyMap<string, object>;
  /** The longest that a phase may take, besides a minute. */
  readonly secondsPerPod: number;
  readonly signal: AbortSignal;
  /** Called at the moment when all are Running, before anything else is looked at. */
  readonly onRunning?: () => Promise<void>;
}

export interface BurstOutcome {
  readonly create: BurstPhase;
  readonly remove: BurstPhase;
  readonly watchReopened: number;
}

/** `between`: done while all pods run, and not measured. */
export async function runBurst(run: BurstRun, between: () => Promise<void> = async () => {}): Promise<BurstOutcome> {
  await using watch = await watchPods(run.ground.api, PODS_PATH);
  const create = await measureCreate(run, watch);
  await between();
  const remove = await measureDelete(run, watch);
  return { create, remove, watchReopened: watch.reopened() };
}

/** The same without measuring: code is compiled, connections are open. With little grace: the peer waits all of it. */
export async function warmUp(run: BurstRun): Promise<void> {
  const { ground, measured, signal } = run;
  const pods = new Map([...run.pods].map(([name, pod]) => [name, endingSoon(pod)]));
  if (pods.size === 0) return;
  await using watch = await watchPods(ground.api, PODS_PATH);
  await createBurst(ground.api, pods, signal);
  await reached(run, watch, "running");
  await deleteBurst(ground.api, pods.keys(), signal);
  await reached(run, watch, "gone");
  await untilQuiet(measured, signal);
}

function endingSoon(pod: object): object {
  const { spec } = pod as { readonly spec: object };
  return { ...pod, spec: { ...spec, terminationGracePeriodSeconds: 1 } };
}

async function measureCreate(run: BurstRun, watch: PodWatch): Promise<BurstPhase> {
  const { ground, measured, pods, signal } = run;
  await openConnections(ground.api);
  const begin = performance.now();
  let answered: ReadonlyMap<string, number> = new Map();
  const work = async (): Promise<PhaseWork> => {
    answered = await createBurst(ground.api, pods, signal);
    await reached(run, watch, "running");
    await run.onRunning?.();
    return { podMs: createdToRunning(answered, watch.times), seconds: lastOf(watch, "running", begin) };
  };
  const phase = await measurePhase(measured, "create", work, signal);
  const running = [...watch.times].map(
    ([name, { running: at = Infinity }]) => [name, performance.timeOrigin + at] as const,
  );
  const load = ground.requestsOf(LOAD_USER)();
  const audit = auditClock({ load, contender: measured.requests(), running: new Map(running) });
  return {
    ...phase,
    podsPerSecond: pods.size / phase.wallSeconds,
    curve: curveOf(moments(watch, "running"), begin),
    ...(audit === undefined ? {} : { audit }),
  };
}

async function measureDelete(run: BurstRun, watch: PodWatch): Promise<BurstPhase> {
  const { ground, measured, pods, signal } = run;
  await openConnections(ground.api);
  const begin = performance.now();
  const work = async (): Promise<PhaseWork> => {
    await deleteBurst(ground.api, pods.keys(), signal);
    await reached(run, watch, "gone");
    return { podMs: watch.spans("deleting", "gone"), seconds: lastOf(watch, "gone", begin) };
  };
  const phase = await measurePhase(measured, "delete", work, signal);
  return {
    ...phase,
    podsPerSecond: pods.size / phase.wallSeconds,
    curve: curveOf(moments(watch, "gone"), begin),
  };
}

/** As which the control plane's own client speaks. */
const LOAD_USER = "devcluster-admin";
const BASE_TIMEOUT_MS = 60_000;

async function reached(run: BurstRun, watch: PodWatch, point: keyof PodTimes): Promise<void> {
  const { measured, pods, secondsPerPod, signal } = run;
  const check = (): void => [measured, watch].forEach((part) => part.check());
  const message = `${pods.size} pods ${point}`;
  const timeoutMs = BASE_TIMEOUT_MS + pods.size * secondsPerPod * 1000;
  await waitFor(check, () => watch.count(point) >= pods.size, { message, timeoutMs, signal });
}

function moments({ times }: PodWatch, point: keyof PodTimes): number[] {
  return [...times.values()].flatMap((each) => each[point] ?? []);
}

function lastOf(watch: PodWatch, point: keyof PodTimes, begin: number): number {
  return moments(watch, point).reduce((last, moment) => Math.max(last, moment), begin) / 1000 - begin / 1000;
}
