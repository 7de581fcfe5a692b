// What a client of the API sees of the pods: when each came, ran, was to end and was gone. Times are of this process.

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

/** Sees every change after this call. The API server ends watches of slow clients: it goes on where it was. */
export async function watchPods(api: ApiClient, path: string): Promise<PodWatch> {
  let { resourceVersion } = (await api.list(path)).metadata;
  const stop = new AbortController();
  const seen = createPodTimes();
  const follow = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      const events = api.watch<WatchedPod>(path, { query: { resourceVersion }, signal: stop.signal });
      for await (const event of events) {
        seen.take(event, performance.now());
        resourceVersion = event.object.metadata.resourceVersion ?? resourceVersion;
      }
    }
  };
  const following = follow().catch((error: unknown) => seen.fail(error));
  return {
    ...seen,
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await following;
    },
  };
}

export interface PodTimesRecorder extends Omit<PodWatch, typeof Symbol.asyncDispose> {
  take(event: WatchEvent<WatchedPod>, now: number): void;
  fail(error: unknown): void;
}

export function createPodTimes(): PodTimesRecorder {
  const times = new Map<string, PodTimes>();
  let trouble: { readonly error: unknown } | undefined;
  return {
    times,
    take: ({ type, object }, now) => {
      if (type === "BOOKMARK") return;
      if (type === "ERROR") throw new Error(`the watch of the pods failed: ${JSON.stringify(object).slice(0, 200)}`);
      const { name } = object.metadata;
      const known = times.get(name) ?? {};
      times.set(name, known);
      note(known, { type, object }, now);
      if (object.status?.phase === "Failed" && known.deleting === undefined) trouble ??= { error: failureOf(object) };
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
