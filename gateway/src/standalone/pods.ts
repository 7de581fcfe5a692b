/** Pods of a manifest folder as a PodSource and PodWriter: UIDs and statuses are ours, kept in the state file. */
import { randomUUID } from "node:crypto";
import { watch as watchFolder } from "node:fs";
import type { Logger } from "pino";
import { kubeTime } from "../domain/kube-time.js";
import type { Pod } from "../domain/kubernetes.js";
import type { Clock } from "../ports/clock.js";
import type { PodSource, PodSourceEvent, PodWriter } from "../ports/pods.js";
import { type Manifests, type PodManifest, readManifests } from "./manifests.js";
import { sameManifest, updatedPod } from "./pod-change.js";
import type { StateStore } from "./state.js";

const POLL_MS = 1_000;

/** What standalone pods need. */
export interface StandalonePodsOptions {
  readonly folder: string;
  readonly nodeName: string;
  readonly store: StateStore;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Told of everything that the folder holds, each time it is read. */
  readonly onManifests: (manifests: Manifests) => void;
  /** Told of every new state of a pod; undefined: gone. */
  readonly onPod: (uid: string, pod: Pod | undefined) => void;
}

/** Source and writer over one folder. */
export function createStandalonePods(options: StandalonePodsOptions): PodSource & PodWriter {
  const { store, clock, logger } = options;
  const pods = new Map(store.state.pods.map((pod) => [pod.metadata.uid, pod]));
  let revision = store.state.revision;
  let events: PodSourceEvent[] = [];
  let wake = Promise.withResolvers<void>();
  let told = "";

  function save(): void {
    store.save({ ...store.state, revision, pods: [...pods.values()] });
  }

  function tell(event: PodSourceEvent): void {
    events.push(event);
    wake.resolve();
  }

  /** Gives the pod its next resourceVersion and keeps it. */
  function put(pod: Pod): Pod {
    const next: Pod = { ...pod, metadata: { ...pod.metadata, resourceVersion: String(++revision) } };
    pods.set(next.metadata.uid, next);
    save();
    options.onPod(next.metadata.uid, next);
    tell({ kind: "set", pod: next });
    return next;
  }

  function remove(pod: Pod): void {
    if (!pods.delete(pod.metadata.uid)) return;
    save();
    options.onPod(pod.metadata.uid, undefined);
    tell({ kind: "gone", pod });
  }

  function createPod(manifest: PodManifest): void {
    const creationTimestamp = kubeTime(clock.now());
    const metadata = {
      ...manifest.metadata,
      uid: randomUUID(),
      resourceVersion: "0",
      generation: 1,
      creationTimestamp,
    };
    put({
      ...manifest,
      metadata,
      spec: { ...manifest.spec, nodeName: options.nodeName },
      status: { phase: "Pending" },
    });
  }

  /** As a DELETE on the API: terminal pods go at once, others are told to end. */
  function startDelete(pod: Pod): void {
    if (pod.metadata.deletionTimestamp !== undefined) return;
    if (pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed") return remove(pod);
    const grace = pod.spec.terminationGracePeriodSeconds ?? 30;
    const deletionTimestamp = kubeTime(clock.now() + grace * 1000);
    put({ ...pod, metadata: { ...pod.metadata, deletionTimestamp, deletionGracePeriodSeconds: grace } });
  }

  /** While a file is bad, pods that are missing from the folder stay: the bad file may be theirs. */
  function apply(manifests: Manifests): void {
    const wanted = new Map(manifests.pods.map((pod) => [nameOf(pod), pod]));
    for (const pod of pods.values()) {
      const manifest = wanted.get(nameOf(pod));
      if (pod.metadata.deletionTimestamp !== undefined) continue;
      wanted.delete(nameOf(pod));
      if (manifest === undefined && manifests.problems.length === 0) startDelete(pod);
      if (manifest === undefined) continue;
      if (!sameManifest(pod, manifest)) change(pod, manifest);
    }
    for (const manifest of wanted.values()) createPod(manifest);
  }

  /** Fields that a running pod may change are changed; anything else makes a new pod. */
  function change(pod: Pod, manifest: PodManifest): void {
    const updated = updatedPod(pod, manifest);
    if (updated !== undefined) return void put(updated);
    startDelete(pod);
    createPod(manifest);
  }

  function read(): void {
    const manifests = readManifests(options.folder);
    const problems = manifests.problems.join("\n");
    if (problems !== told) for (const problem of manifests.problems) logger.error(problem);
    told = problems;
    options.onManifests(manifests);
    apply(manifests);
  }

  async function* watch(signal: AbortSignal): AsyncGenerator<PodSourceEvent> {
    read();
    events = [];
    yield { kind: "list", pods: [...pods.values()] };
    const watcher = watchFolder(options.folder, () => wake.resolve());
    try {
      while (!signal.aborted) {
        const batch = events;
        events = [];
        yield* batch;
        if (batch.length > 0) continue;
        await Promise.race([wake.promise, clock.sleep(POLL_MS, signal).catch(() => {})]);
        wake = Promise.withResolvers<void>();
        if (!signal.aborted) read();
      }
    } finally {
      watcher.close();
    }
  }

  return {
    watch,
    get: async (pod) => {
      const found = pods.get(pod.metadata.uid);
      return found === undefined ? { kind: "gone" } : { kind: "ok", pod: found };
    },
    patchStatus: async (pod, _from, to) => {
      const found = pods.get(pod.metadata.uid);
      return found === undefined ? { kind: "gone" } : { kind: "ok", pod: put({ ...found, status: to }) };
    },
    delete: async (pod) => remove(pods.get(pod.metadata.uid) ?? pod),
  };
}

function nameOf({ metadata }: { readonly metadata: { readonly namespace: string; readonly name: string } }): string {
  return `${metadata.namespace}/${metadata.name}`;
}
