// All pods and events of the cluster as they change, kept by namespace with the time of their arrival.

import { setTimeout as wait } from "node:timers/promises";
import type { Kube, WatchLine } from "./kube.js";
import type { JsonObject } from "./recording.js";

export interface SeenPod {
  readonly atMs: number;
  readonly type: WatchLine["type"];
  readonly pod: PodObject;
}

export interface SeenEvent {
  readonly firstMs: number;
  readonly lastMs: number;
  readonly event: JsonObject;
}

export interface PodObject extends JsonObject {
  readonly metadata: JsonObject & {
    readonly name: string;
    readonly namespace: string;
    readonly resourceVersion: string;
  };
  readonly spec: JsonObject;
  readonly status: JsonObject;
}

export interface Observer {
  podsOf(namespace: string): readonly SeenPod[];
  eventsOf(namespace: string): readonly SeenEvent[];
  /** Waits until the newest object of that name holds, or was deleted. False: not within the time. */
  until(pod: PodName, holds: (pod: PodObject) => boolean, timeoutMs: number): Promise<boolean>;
  latest(pod: PodName): SeenPod | undefined;
  /** For a namespace that is made again: what was seen of the one before is no longer told. */
  forget(namespace: string): void;
}

export interface PodName {
  readonly namespace: string;
  readonly name: string;
}

const POLL_MS = 20;

export async function observe(kube: Kube, signal: AbortSignal): Promise<Observer> {
  const pods = new Map<string, SeenPod[]>();
  const events = new Map<string, Map<string, SeenEvent>>();
  await kube.follow("/api/v1/pods", (line) => addPod(pods, line), signal);
  await kube.follow("/api/v1/events", (line) => addEvent(events, line), signal);
  const latest = ({ namespace, name }: PodName): SeenPod | undefined =>
    pods.get(namespace)?.findLast(({ pod }) => pod.metadata.name === name);
  return {
    podsOf: (namespace) => pods.get(namespace) ?? [],
    eventsOf: (namespace) => [...(events.get(namespace)?.values() ?? [])],
    latest,
    forget: (namespace) => {
      pods.delete(namespace);
      events.delete(namespace);
    },
    until: async (name, holds, timeoutMs) => {
      const deadline = Date.now() + timeoutMs;
      while (Date.now() < deadline) {
        const seen = latest(name);
        if (seen !== undefined && (seen.type === "DELETED" || holds(seen.pod))) return true;
        await wait(POLL_MS, undefined, { signal });
      }
      return false;
    },
  };
}

function addPod(pods: Map<string, SeenPod[]>, { type, object }: WatchLine): void {
  const pod = object as PodObject;
  const list = pods.get(pod.metadata.namespace) ?? [];
  pods.set(pod.metadata.namespace, list);
  list.push({ atMs: Date.now(), type, pod });
}

function addEvent(events: Map<string, Map<string, SeenEvent>>, { type, object }: WatchLine): void {
  if (type === "DELETED") return;
  const { namespace, uid } = object["metadata"] as { readonly namespace: string; readonly uid: string };
  const ofNamespace = events.get(namespace) ?? new Map<string, SeenEvent>();
  events.set(namespace, ofNamespace);
  const now = Date.now();
  ofNamespace.set(uid, { firstMs: ofNamespace.get(uid)?.firstMs ?? now, lastMs: now, event: object });
}
