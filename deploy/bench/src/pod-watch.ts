// What a client of the API sees of the pods: when each came, ran, was to end and was gone. Times are of this process.

import { setTimeout as wait } from "node:timers/promises";
import type { ApiClient, KubeObject, WatchEvent } from "@outboard/devcluster";

export interface PodTimes {
  /** Milliseconds of performance.now(). */
  added?: number;
  running?: number;
  deleting?: number;
  gone?: number;
}

export interface PodWatch extends AsyncDisposable {
  readonly times: ReadonlyMap<string, PodTimes>;
  /** How often the watch ended and was opened again. */
  reopened(): number;
  /** How many pods have got so far. */
  count(point: keyof PodTimes): number;
  /** Throws when a pod has failed or the watch is broken. */
  check(): void;
  /** From one point to another, milliseconds, for every pod that reached both. */
  spans(from: keyof PodTimes, to: keyof PodTimes): number[];
}

export interface WatchedPod extends KubeObject {
  readonly status?: { readonly phase?: string; readonly reason?: string; readonly message?: string };
}

/** After so many openings in a row that brought nothing, the API server counts as gone. */
const MOST_FAILURES = 20;
const REOPEN_MS = 200;

/** Sees every change after this call. The API server ends watches of slow clients: it goes on where it was, or lists anew. */
export async function watchPods(api: ApiClient, path: string): Promise<PodWatch> {
  const { resourceVersion } = (await api.list(path)).metadata;
  const stop = new AbortController();
  const seen = createPodTimes();
  const place = { api, path, resourceVersion, reopened: -1 };
  const following = followPods(place, seen, stop.signal).catch((error: unknown) => seen.fail(error));
  return {
    ...seen,
    reopened: () => Math.max(0, place.reopened),
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await following;
    },
  };
}

interface WatchPlace {
  readonly api: ApiClient;
  readonly path: string;
  resourceVersion: string;
  reopened: number;
}

async function followPods(place: WatchPlace, seen: PodTimesRecorder, signal: AbortSignal): Promise<void> {
  for (let failures = 0; !signal.aborted; ) {
    const before = place.resourceVersion;
    try {
      place.reopened += 1;
      await readEvents(place, seen, signal);
      failures = 0;
    } catch (error) {
      failures = place.resourceVersion === before ? failures + 1 : 0;
      if (failures >= MOST_FAILURES) throw error;
      await relist(place, seen).catch(async () => wait(REOPEN_MS));
    }
  }
}

async function readEvents(place: WatchPlace, seen: PodTimesRecorder, signal: AbortSignal): Promise<void> {
  const { api, path, resourceVersion } = place;
  for await (const event of api.watch<WatchedPod>(path, { query: { resourceVersion }, signal })) {
    seen.take(event, performance.now());
    place.resourceVersion = event.object.metadata.resourceVersion ?? place.resourceVersion;
  }
}

async function relist(place: WatchPlace, seen: PodTimesRecorder): Promise<void> {
  const list = await place.api.list<WatchedPod>(place.path);
  seen.takeAll(list.items, performance.now());
  place.resourceVersion = list.metadata.resourceVersion;
}

export interface PodTimesRecorder extends Omit<PodWatch, typeof Symbol.asyncDispose | "reopened"> {
  take(event: WatchEvent<WatchedPod>, now: number): void;
  /** All pods that are there now: of the others, those that were there are gone. */
  takeAll(pods: readonly WatchedPod[], now: number): void;
  fail(error: unknown): void;
}

export function createPodTimes(): PodTimesRecorder {
  const times = new Map<string, PodTimes>();
  let trouble: { readonly error: unknown } | undefined;
  const take: PodTimesRecorder["take"] = ({ type, object }, now) => {
    if (type === "BOOKMARK") return;
    if (type === "ERROR") throw new Error(`the watch of the pods failed: ${JSON.stringify(object).slice(0, 200)}`);
    const { name } = object.metadata;
    const known = times.get(name) ?? {};
    times.set(name, known);
    note(known, { type, object }, now);
    if (object.status?.phase === "Failed" && known.deleting === undefined) trouble ??= { error: failureOf(object) };
  };
  return {
    times,
    take,
    takeAll: (pods, now) => {
      for (const object of pods) take({ type: "MODIFIED", object }, now);
      const present = new Set(pods.map(({ metadata }) => metadata.name));
      for (const [name, known] of times) if (!present.has(name)) known.gone ??= now;
    },
    fail: (error) => (trouble ??= { error }),
    count: (point) => [...times.values()].filter((each) => each[point] !== undefined).length,
    check: () => {
      if (trouble !== undefined) throw trouble.error;
    },
    spans: (from, to) =>
      [...times.values()].flatMap((each) => {
        const [start, end] = [each[from], each[to]];
        return start === undefined || end === undefined ? [] : [end - start];
      }),
  };
}

/** The first time counts: later events repeat what was so before. */
function note(known: PodTimes, { type, object }: WatchEvent<WatchedPod>, now: number): void {
  known.added ??= now;
  if (object.status?.phase === "Running") known.running ??= now;
  if (object.metadata.deletionTimestamp !== undefined) known.deleting ??= now;
  if (type === "DELETED") known.gone ??= now;
}

function failureOf({ metadata, status }: WatchedPod): Error {
  return new Error(`pod ${metadata.name} failed: ${status?.reason ?? "no reason"}: ${status?.message ?? "no message"}`);
}
