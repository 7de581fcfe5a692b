// The load: pods bound to the node, created and deleted by a few workers as fast as the API takes it.

import type { ApiClient } from "@outboard/devcluster";
import { NAMESPACE, NODE_NAME } from "./rig.js";

export const PODS_PATH: string = `/api/v1/namespaces/${NAMESPACE}/pods`;
const WORKERS = 16;

export function podNames(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}-${index}`);
}

export async function createPods(
  api: ApiClient,
  names: readonly string[],
  signal: AbortSignal,
  toPod: (name: string) => object = podOf,
): Promise<void> {
  await eachByWorkers(names, async (name) => void (await api.create(PODS_PATH, toPod(name), { signal })));
}

/** With the grace that the pods have themselves. */
export async function deletePods(api: ApiClient, names: readonly string[], signal: AbortSignal): Promise<void> {
  await eachByWorkers(names, async (name) => api.delete(`${PODS_PATH}/${name}`, { signal }));
}

/** An ordinary small pod: one container, requests, the default service account's token. */
function podOf(name: string): object {
  const resources = { requests: { cpu: "10m", memory: "16Mi" }, limits: { memory: "32Mi" } };
  const env = [
    { name: "MODE", value: "bench" },
    { name: "POD_NAME", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
  ];
  const container = { name: "main", image: "outboard.test/bench:1", command: ["serve"], env, resources };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, labels: { app: "bench" } },
    spec: { nodeName: NODE_NAME, containers: [container] },
  };
}

/** Every item once, by so many workers at a time. */
export async function eachByWorkers<Item>(
  items: readonly Item[],
  work: (item: Item) => Promise<void>,
  workers: number = WORKERS,
): Promise<void> {
  const rest = items.values();
  const worker = async (): Promise<void> => {
    for (const item of rest) await work(item);
  };
  await Promise.all(Array.from({ length: workers }, worker));
}
