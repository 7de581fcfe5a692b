// Reading and waiting for pods of a world.

import { eventually, isNotFound } from "@outboard/devcluster";
import type { Pod } from "./objects.js";
import type { World } from "./world.js";

export function podPath(world: World, name: string): string {
  return `/api/v1/namespaces/${world.namespace}/pods/${name}`;
}

export async function createPod(world: World, pod: Pod): Promise<Pod> {
  return world.api.create<Pod & { readonly metadata: { readonly name: string } }>(
    `/api/v1/namespaces/${world.namespace}/pods`,
    pod,
  );
}

export async function getPod(world: World, name: string): Promise<Pod> {
  return world.api.get<Pod>(podPath(world, name));
}

/** Waits until the pod is as wanted, and answers it. */
export async function podWhen(
  world: World,
  name: string,
  wanted: (pod: Pod) => boolean,
  options: { readonly message: string; readonly timeoutMs?: number },
): Promise<Pod> {
  const { message, timeoutMs = 30_000 } = options;
  let last: Pod | undefined;
  try {
    return await eventually(
      async () => {
        last = await getPod(world, name);
        return wanted(last) ? last : undefined;
      },
      { message: `pod ${name} ${message}`, timeoutMs },
    );
  } catch (error) {
    throw new Error(`${String(error)}; status: ${JSON.stringify(last?.status)}`, { cause: error });
  }
}

export async function podRunning(world: World, name: string): Promise<Pod> {
  return podWhen(world, name, (pod) => pod.status?.phase === "Running", { message: "Running" });
}

export async function podPhase(world: World, name: string, phase: "Succeeded" | "Failed" | "Pending"): Promise<Pod> {
  return podWhen(world, name, (pod) => pod.status?.phase === phase, { message: phase, timeoutMs: 60_000 });
}

export async function podGone(world: World, name: string, uid: string, timeoutMs = 30_000): Promise<void> {
  await eventually(async () => isGone(world, name, uid), { message: `pod ${name} gone`, timeoutMs });
}

async function isGone(world: World, name: string, uid: string): Promise<boolean> {
  try {
    return (await getPod(world, name)).metadata.uid !== uid;
  } catch (error) {
    if (isNotFound(error)) return true;
    throw error;
  }
}

/** Follows a pod until it is gone; answers what the API showed last. */
export async function lastOf(world: World, pod: Pod, timeoutMs = 30_000): Promise<Pod> {
  const query = {
    fieldSelector: `metadata.name=${pod.metadata.name}`,
    resourceVersion: pod.metadata.resourceVersion ?? "",
  };
  const watch = { query, signal: AbortSignal.timeout(timeoutMs) };
  for await (const { type, object } of world.api.watch<Pod>(`/api/v1/namespaces/${world.namespace}/pods`, watch)) {
    if (type === "DELETED" && object.metadata.uid === pod.metadata.uid) return object;
  }
  throw new Error(`pod ${pod.metadata.name}: the watch ended before the pod was gone`);
}

/** Container ids, start times and restart counts: equal means that nothing was started again. */
export function instancesOf(pod: Pod): unknown {
  return (pod.status?.containerStatuses ?? []).map(({ name, restartCount, containerID, state }) => ({
    name,
    restartCount,
    containerID,
    startedAt: state?.running?.startedAt ?? state?.terminated?.startedAt,
  }));
}
