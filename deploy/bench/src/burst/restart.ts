// A gateway is killed with all pods running, and another one takes over: how long until it is settled, and what it did
// to the pods that were there.

import { setTimeout as wait } from "node:timers/promises";
import type { ApiClient, KubeObject } from "@outboard/devcluster";
import { between, countRequests } from "../audit-log.js";
import { podNames, PODS_PATH } from "../load.js";
import { untilQuiet } from "../phase.js";
import { readUsage } from "../process-usage.js";
import { waitFor } from "../rig.js";
import { watchPods } from "../pod-watch.js";
import { burstPod, createBurst } from "./burst-load.js";
import { type Contender, type Parts, startContender } from "./contenders.js";
import type { RestartFigures } from "./figures.js";
import { classOf } from "./requests.js";
import type { TurnPlace } from "./turn.js";

const NODE = "outboard-restart";
const NEW_POD = "after-restart";
const TIMEOUT_MS = 120_000;
const TIMEOUT_MS_PER_POD = 200;
const POLL_MS = 20;

export async function measureRestart(place: TurnPlace, pods: number): Promise<RestartFigures> {
  const { ground, report, signal } = place;
  report(`gateway killed and started anew with ${pods} pods`);
  const start = { ground, name: "outboard", nodeName: NODE, pods, peers: new Map(), signal } as const;
  await using contender = await startContender(start);
  await runPods(place, contender, pods);
  const before = await readPods(ground.api);
  const begin = Date.now();
  const next = await contender.replaceGateway?.();
  if (next === undefined) throw new Error("this contender has no gateway to replace");
  const started = Date.now();
  const { ready, newPod } = await takeOver(place, next);
  await untilQuiet(next, signal);
  const requests = between(next.requests(), begin, Date.now());
  const aboutPods = requests.filter(({ what, name }) => classOf(what) === "pods" && name !== NEW_POD);
  const last = aboutPods.reduce((latest, { doneAt }) => Math.max(latest, doneAt), started);
  const seconds = (moment: number): number => (moment - started) / 1000;
  const moments = { readySeconds: seconds(ready), newPodSeconds: seconds(newPod), lastRequestSeconds: seconds(last) };
  return {
    pods,
    ...moments,
    settledSeconds: Math.max(...Object.values(moments)),
    cpuMs: readUsage(next.gateway.pid).cpuSeconds * 1000,
    ...compare(before, await readPods(ground.api)),
    requests: Object.fromEntries(countRequests(requests)),
  };
}

async function runPods({ ground, signal }: TurnPlace, contender: Contender, count: number): Promise<void> {
  const kind = { scheduler: false, token: false };
  await using watch = await watchPods(ground.api, PODS_PATH);
  const pods = new Map(podNames("restart", count).map((name) => [name, burstPod(name, NODE, kind)]));
  await createBurst(ground.api, pods, signal);
  const check = (): void => [contender, watch].forEach((part) => part.check());
  const waiting = { message: `${count} pods running`, timeoutMs: TIMEOUT_MS + count * TIMEOUT_MS_PER_POD, signal };
  await waitFor(check, () => watch.count("running") >= count, waiting);
  await untilQuiet(contender, signal);
}

/** When the new gateway said that it is ready, and when a pod that was created meanwhile was Running. */
async function takeOver({ ground, signal }: TurnPlace, next: Parts): Promise<{ ready: number; newPod: number }> {
  await using watch = await watchPods(ground.api, PODS_PATH);
  await createBurst(
    ground.api,
    new Map([[NEW_POD, burstPod(NEW_POD, NODE, { scheduler: false, token: false })]]),
    signal,
  );
  const isRunning = (): boolean => watch.times.get(NEW_POD)?.running !== undefined;
  const check = (): void => [next, watch].forEach((part) => part.check());
  const message = "a pod created at the restart Running";
  const [ready] = await Promise.all([
    untilReady(next, signal),
    waitFor(check, isRunning, { message, timeoutMs: TIMEOUT_MS, signal }),
  ]);
  return { ready, newPod: performance.timeOrigin + (watch.times.get(NEW_POD)?.running ?? Number.NaN) };
}

async function untilReady({ metricsUrl = "", check }: Parts, signal: AbortSignal): Promise<number> {
  const url = new URL("/readyz", metricsUrl);
  for (;;) {
    check();
    const answer = await fetch(url, { signal }).catch(() => undefined);
    await answer?.body?.cancel();
    if (answer?.status === 200) return Date.now();
    await wait(POLL_MS, undefined, { signal });
  }
}

export interface RestartedPod extends KubeObject {
  readonly status?: {
    readonly containerStatuses?: readonly {
      readonly containerID?: string;
      readonly restartCount?: number;
      readonly state?: { readonly running?: { readonly startedAt?: string } };
    }[];
  };
}

type Pods = ReadonlyMap<string, RestartedPod>;

async function readPods(api: ApiClient): Promise<Pods> {
  const { items } = await api.list<RestartedPod>(PODS_PATH);
  return new Map(items.map((pod) => [pod.metadata.uid ?? "", pod]));
}

/** Pods that are gone count as created anew. */
export function compare(before: Pods, after: Pods): Pick<RestartFigures, "recreated" | "rewritten"> {
  const containers = (pod: RestartedPod | undefined): string =>
    JSON.stringify(
      pod?.status?.containerStatuses?.map(({ containerID, restartCount, state }) => [
        containerID,
        restartCount,
        state?.running?.startedAt,
      ]),
    );
  const changed = (differs: (old: RestartedPod, now: RestartedPod | undefined) => boolean): number =>
    [...before].filter(([uid, pod]) => differs(pod, after.get(uid))).length;
  return {
    recreated: changed((old, now) => containers(old) !== containers(now)),
    rewritten: changed((old, now) => old.metadata.resourceVersion !== now?.metadata.resourceVersion),
  };
}
