/** Finds all pods again after a start: records from disk, objects from the runtime, and what happened meanwhile. */
import { describeError } from "../errors.js";
import { noteExit } from "./ending.js";
import { parseManifest } from "./manifest.js";
import { type EngineContext, Pod } from "./pod.js";
import { reconcile, recordOfFound } from "./reconcile.js";
import type { RuntimePod } from "./runtime.js";
import type { StoredPod } from "./store.js";

/** Containers that may not have heard yet that they end have this long, as with the kubelet, whatever time went by meanwhile. */
const LEAST_GRACE_MS = 2000;

/** All pods, their records written. Rejects when the runtime cannot be asked. */
export async function recoverPods(context: EngineContext): Promise<readonly Pod[]> {
  const stored = context.store.load();
  const found = new Map((await context.runtime.list()).map((pod) => [pod.uid, pod]));
  const known = new Set(stored.map(({ record }) => record.uid));
  context.inputs.sweep(known);
  const strays = [...found.values()].filter(({ uid }) => !known.has(uid));
  const pods = [
    ...stored.map((entry) => loadPod(context, entry)),
    ...strays.map((stray) => adoptStray(context, stray)),
  ];
  for (const pod of pods) await catchUp(pod, found.get(pod.uid));
  return pods;
}

function loadPod(context: EngineContext, { record, manifest }: StoredPod): Pod {
  const pod = new Pod(context, record);
  pod.isPreparing = true;
  pod.foundStop = record.stop && { order: record.stop, leastEndAt: context.clock.now() + LEAST_GRACE_MS };
  pod.inputs = record.ended ? undefined : context.inputs.load(record.uid);
  if (manifest === undefined) return pod;
  try {
    pod.setManifest(manifest, parseManifest(manifest));
  } catch (err) {
    context.logger.error(
      { err: describeError(err), uid: record.uid },
      "manifest of pod not readable, will be asked for",
    );
  }
  return pod;
}

/** The record is lost, the objects are not: they can be shown and ended. */
function adoptStray(context: EngineContext, found: RuntimePod): Pod {
  context.logger.warn({ uid: found.uid }, "pod found without a record");
  context.store.create(found.uid);
  const pod = new Pod(context, recordOfFound(found, context.clock.now()));
  pod.isPreparing = true;
  return pod;
}

async function catchUp(pod: Pod, found: RuntimePod | undefined): Promise<void> {
  const kindOf = (name: string): "init" | "sidecar" | "main" | "ephemeral" => pod.container(name)?.kind ?? "main";
  const { record, exits } = reconcile(pod.record, found, kindOf, pod.now());
  const stored = pod.record;
  pod.commit(record);
  for (const { name, attempt, exit } of exits) await noteExit(pod, name, attempt, exit);
  // Not to show it would say that it is gone.
  if (!pod.isSaved) pod.publishStored(stored);
}
