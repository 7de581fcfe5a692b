/**
 * Logs of simulated containers. They are computed from times, so they cost no memory: some lines at an instance's start,
 * then one per interval until its end.
 */
import { type LogChunk, type LogsRequest, OutputStream } from "@outboard/contract";
import { type Clock, refuse, sleep } from "@outboard/provider-sdk";
import type { Pods } from "../pods.js";
import { echoedBy } from "./inputs.js";
import type { Ended, SimContainer } from "../simulation/state.js";

/** An instance as far as its log goes. */
interface LoggedInstance {
  readonly container: SimContainer;
  readonly instance: number;
  readonly since: number;
  /** Undefined: it runs. */
  readonly until: number | undefined;
}

/** What reading a log needs. */
export interface LogParts {
  readonly clock: Clock;
  readonly pods: Pods;
}

const LONGEST_NAP_MS = 500;

/** Reads a log; with follow until the instance has ended. */
export async function* readLog(parts: LogParts, request: LogsRequest, signal: AbortSignal): AsyncGenerator<LogChunk> {
  const first = findInstance(parts.pods, request);
  let next = firstLine(parts.clock, first, request);
  let left = request.limitBytes ?? undefined;
  const held = parts.pods.get(request.uid);
  const echoed = held === undefined ? undefined : echoedBy(parts.pods, held, request.container);
  for (;;) {
    signal.throwIfAborted();
    const logged = refresh(parts.pods, request, first);
    const end = lineCount(logged, parts.clock.now());
    for (; next < end; next += 1) {
      const chunk = chunkOf(logged, next, echoed);
      const data = left === undefined ? chunk.data : chunk.data.subarray(0, Number(left));
      if (data.length > 0) yield { ...chunk, data };
      left = left === undefined ? undefined : left - BigInt(data.length);
      if (left === 0n) return;
    }
    if (!request.follow || logged.until !== undefined) return;
    await nap(parts, request.uid, signal);
  }
}

/** Lines that the running instance writes from now on, for attach. */
export async function* followLog(parts: LogParts, target: Target, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const request: LogsRequest = { ...target, follow: true, previous: false, tailLines: 0n, cursor: new Uint8Array(0) };
  for await (const { data } of readLog(parts, request, signal)) yield data;
}

interface Target {
  readonly uid: string;
  readonly container: string;
}

function findInstance(pods: Pods, request: Target & { readonly previous: boolean }): LoggedInstance {
  const container = pods.get(request.uid)?.state.containers.find(({ name }) => name === request.container);
  if (container === undefined) throw refuse("CONTAINER", `the pod has no container ${request.container}`);
  return request.previous ? previousOf(container) : latestOf(container);
}

function latestOf(container: SimContainer): LoggedInstance {
  const { now, starts } = container;
  if (now.kind === "running") return { container, instance: starts - 1, since: now.since, until: undefined };
  const ended = endOf(container);
  if (ended === undefined || ended.instance < 0)
    throw refuse("NOT_RUNNING", `container ${container.name} has not started yet`);
  return { container, instance: ended.instance, since: ended.since, until: ended.until };
}

function previousOf(container: SimContainer): LoggedInstance {
  const { last } = container;
  if (last === undefined || last.instance < 0) {
    throw refuse("CONTAINER", `container ${container.name} has no earlier instance here`);
  }
  return { container, instance: last.instance, since: last.since, until: last.until };
}

/** The same instance as it is now: it may have ended meanwhile. */
function refresh(pods: Pods, { uid, container: name }: Target, logged: LoggedInstance): LoggedInstance {
  if (logged.until !== undefined) return logged;
  const container = pods.get(uid)?.state.containers.find((candidate) => candidate.name === name);
  if (container === undefined) return { ...logged, until: logged.since };
  if (container.now.kind === "running" && container.starts === logged.instance + 1) return logged;
  const ended = endOf(container);
  return { ...logged, until: ended?.instance === logged.instance ? ended.until : logged.since };
}

function endOf({ now, last }: SimContainer): Ended | undefined {
  return now.kind === "ended" || now.kind === "back-off" ? now.ended : last;
}

function firstLine(clock: Clock, logged: LoggedInstance, request: LogsRequest): number {
  if (request.cursor.length > 0) return lineAfter(request.cursor, logged);
  const count = lineCount(logged, clock.now());
  const tail = request.tailLines === undefined ? 0 : Math.max(0, count - Number(request.tailLines));
  const since = request.sinceTime?.getTime() ?? 0;
  let line = tail;
  while (line < count && timeOf(logged, line) < since) line += 1;
  return line;
}

function lineAfter(cursor: Uint8Array, { instance }: LoggedInstance): number {
  const [of, line] = Buffer.from(cursor).toString("utf8").split("/").map(Number);
  if (of === instance && line !== undefined && Number.isInteger(line)) return line + 1;
  throw refuse("BAD_REQUEST", "the cursor is not one of this log", {
    violations: [{ field: "cursor", description: "is not one of this log" }],
  });
}

function lineCount({ container, since, until }: LoggedInstance, now: number): number {
  const { logLines, logIntervalMs } = container.script;
  const lasted = (until ?? now) - since;
  return logLines + (logIntervalMs > 0 ? Math.floor(lasted / logIntervalMs) : 0);
}

function timeOf({ container, since }: LoggedInstance, line: number): number {
  const { logLines, logIntervalMs } = container.script;
  return line < logLines ? since : since + (line - logLines + 1) * logIntervalMs;
}

function chunkOf(logged: LoggedInstance, line: number, echoed: string | undefined): LogChunk {
  const { container, instance } = logged;
  const text =
    container.script.logText || (echoed ?? `container ${container.name} instance ${instance} line ${line + 1}`);
  return {
    timeUnixNano: BigInt(timeOf(logged, line)) * 1_000_000n,
    stream: OutputStream.STDOUT,
    data: Buffer.from(`${text}\n`),
    partial: false,
    cursor: Buffer.from(`${instance}/${line}`),
  };
}

/** Waits for a change of the pod, or a little. */
async function nap({ pods, clock }: LogParts, uid: string, signal: AbortSignal): Promise<void> {
  const changed = Promise.withResolvers<void>();
  using _watch = pods.watch((changedUid) => changedUid === uid && changed.resolve());
  const over = new AbortController();
  const time = sleep(clock, LONGEST_NAP_MS, AbortSignal.any([signal, over.signal]));
  time.catch(() => {});
  await Promise.race([changed.promise, time]);
  over.abort();
}
