/** The optional methods of the PodProvider: logs by the engine, the rest by the runtime where it can. */
import type { GetStatsRequest, GetStatsResponse, LogChunk, LogsRequest, PortForwardStart } from "@outboard/contract";
import type { Duplex } from "node:stream";
import type { Clock } from "../clock/clock.js";
import { refuse } from "../errors.js";
import type { InteractionContext, PodProvider, PortForwardInput } from "../provider.js";
import { diskUsageOf } from "./disk-usage.js";
import { logPathOf } from "./ending.js";
import { readLog } from "./logs/read-log.js";
import type { Pod } from "./pod.js";
import { type Instance, runningInstance } from "./record.js";
import type { ContainerRuntime, RuntimeStats } from "./runtime.js";
import { runForward, runSession } from "./sessions.js";
import { toPodStats } from "./stats.js";

/** Where the pods are. */
export interface PodLookup {
  readonly clock: Clock;
  /** Throws NOT_FOUND / POD. */
  pod(uid: string): Pod;
  pods(): readonly Pod[];
}

type Interactions = Pick<PodProvider, "logs" | "exec" | "attach" | "portForward" | "stats">;

/** The methods that this runtime allows. */
export function engineInteractions(runtime: ContainerRuntime, lookup: PodLookup): Interactions {
  return {
    logs: (request, context) => logs(lookup, request, context),
    ...(runtime.exec === undefined ? {} : { exec: execWith(runtime, lookup) }),
    ...(runtime.attach === undefined ? {} : { attach: attachWith(runtime, lookup) }),
    ...(runtime.dial === undefined
      ? {}
      : { portForward: (start, input, context) => portForward(runtime, lookup, { start, input, context }) }),
    ...(runtime.stats === undefined
      ? {}
      : { stats: (request, context) => stats(runtime, lookup, { request, context }) }),
  };
}

async function* logs(lookup: PodLookup, request: LogsRequest, context: InteractionContext): AsyncGenerator<LogChunk> {
  const pod = lookup.pod(request.uid);
  const { attempt } = request.previous ? previousOf(pod, request.container) : latestOf(pod, request.container);
  const hasEnded = (): boolean => runningInstance(pod.record, request.container)?.attempt !== attempt;
  const logPath = logPathOf(pod.folder, request.container, attempt);
  yield* readLog({ attempt, logPath, clock: lookup.clock, hasEnded }, request, context.signal);
}

/** An instance that could not run has an empty log, as with the kubelet. */
function latestOf(pod: Pod, name: string): Instance {
  checkContainer(pod, name);
  const latest = pod.record.containers.get(name)?.current;
  if (latest === undefined) throw refuse("NOT_RUNNING", `container ${name} has not started yet`);
  return remembered(latest, name);
}

function remembered(instance: Instance, name: string): Instance {
  if (instance.isForgotten === true) throw refuse("CONTAINER", `the log of that instance of container ${name} is gone`);
  return instance;
}

/** The instance shown as last termination: while the container waits that is the latest one. */
function previousOf(pod: Pod, name: string): Instance {
  checkContainer(pod, name);
  const record = pod.record.containers.get(name);
  const shown = pod.shown.containers.find((container) => container.name === name);
  const instance = shown?.state?.$case === "waiting" ? record?.current : record?.previous;
  if (instance === undefined) throw refuse("CONTAINER", `container ${name} had no earlier instance`);
  return remembered(instance, name);
}

function checkContainer(pod: Pod, name: string): void {
  const isKnown = pod.container(name) !== undefined || pod.record.containers.has(name);
  if (!isKnown) throw refuse("CONTAINER", `the pod has no container ${name}`);
}

function attemptOf(pod: Pod, name: string): number {
  checkContainer(pod, name);
  const instance = runningInstance(pod.record, name);
  if (instance === undefined) throw refuse("NOT_RUNNING", `container ${name} does not run`);
  return instance.attempt;
}

function execWith(runtime: ContainerRuntime, lookup: PodLookup): NonNullable<PodProvider["exec"]> {
  return async function* exec(start, input, { signal }) {
    const attempt = attemptOf(lookup.pod(start.uid), start.container);
    yield* runSession(start, input, async (io) => {
      if (runtime.exec === undefined) return { error: "the runtime cannot run commands" };
      return await runtime.exec(start.uid, start.container, attempt, start.command, io, signal);
    });
  };
}

function attachWith(runtime: ContainerRuntime, lookup: PodLookup): NonNullable<PodProvider["attach"]> {
  return async function* attach(start, input, { signal }) {
    const attempt = attemptOf(lookup.pod(start.uid), start.container);
    yield* runSession(start, input as Parameters<typeof runSession>[1], async (io) => {
      if (runtime.attach === undefined) return { error: "the runtime cannot attach" };
      return await runtime.attach(start.uid, start.container, attempt, io, signal);
    });
  };
}

interface Forward {
  readonly start: PortForwardStart;
  readonly input: PortForwardInput;
  readonly context: InteractionContext;
}

async function* portForward(
  runtime: ContainerRuntime,
  lookup: PodLookup,
  { start, input, context }: Forward,
): ReturnType<NonNullable<PodProvider["portForward"]>> extends AsyncIterable<infer Frame>
  ? AsyncGenerator<Frame>
  : never {
  const pod = lookup.pod(start.uid);
  if (pod.record.sandbox.state !== "ready") throw refuse("NOT_RUNNING", "the pod has no network now");
  const connection = await dial(runtime, start);
  if (connection === undefined) {
    yield { $case: "failed", value: { message: `connection to port ${start.port} was refused` } };
    return;
  }
  yield* runForward(connection, input, context.signal);
}

async function dial(runtime: ContainerRuntime, start: PortForwardStart): Promise<Duplex | undefined> {
  try {
    return await runtime.dial?.(start.uid, start.port);
  } catch {
    return undefined;
  }
}

async function* stats(
  runtime: ContainerRuntime,
  lookup: PodLookup,
  { request, context }: { readonly request: GetStatsRequest; readonly context: InteractionContext },
): AsyncGenerator<GetStatsResponse> {
  let failure: { readonly cause: unknown } | undefined;
  let count = 0;
  for (const pod of lookup.pods()) {
    context.signal.throwIfAborted();
    if (pod.record.sandbox.state !== "ready" || pod.record.ended) continue;
    const { figures, ...outcome } = await figuresOf(runtime, pod.uid);
    failure = outcome.failure ?? failure;
    if (figures === undefined) continue;
    count += 1;
    const now = lookup.clock.now();
    const disk = request.onlyCpuAndMemory ? undefined : await diskUsageOf(pod, figures, now);
    yield { stats: { $case: "pod", value: toPodStats(pod, figures, disk, now) } };
  }
  if (failure !== undefined && count === 0) throw failure.cause;
}

interface StatsOutcome {
  readonly figures?: RuntimeStats | undefined;
  readonly failure?: { readonly cause: unknown };
}

/** A pod that cannot be asked may be at its end; the figures of the others are true all the same. */
async function figuresOf(runtime: ContainerRuntime, uid: string): Promise<StatsOutcome> {
  try {
    return { figures: await runtime.stats?.(uid) };
  } catch (cause) {
    return { failure: { cause } };
  }
}
