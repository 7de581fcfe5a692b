// The load of a burst: pods created and deleted by 64 workers, whose connections are open before it begins.

import type { ApiClient } from "@outboard/devcluster";
import { eachByWorkers, PODS_PATH } from "../load.js";
import { NAMESPACE } from "../rig.js";

export interface PodKind {
  readonly scheduler: boolean;
  readonly token: boolean;
}

const CONNECTIONS = 64;

/** A small pod that ends at once when it is told to, with the default grace of 30 seconds. */
export function burstPod(name: string, nodeName: string, { scheduler, token }: PodKind): object {
  const resources = { requests: { cpu: "10m", memory: "16Mi" }, limits: { memory: "32Mi" } };
  const env = [{ name: "MODE", value: "bench" }];
  const container = { name: "main", image: "outboard.test/bench:1", command: ["serve"], env, resources };
  const placed = scheduler
    ? { nodeSelector: { "kubernetes.io/hostname": nodeName }, tolerations: [{ operator: "Exists" }] }
    : { nodeName };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, labels: { app: "bench" } },
    spec: { ...placed, automountServiceAccountToken: token, enableServiceLinks: false, containers: [container] },
  };
}

/** Opens the connections: an idle one is closed after some seconds. */
export async function openConnections(api: ApiClient): Promise<void> {
  const path = `/api/v1/namespaces/${NAMESPACE}`;
  await Promise.all(Array.from({ length: CONNECTIONS }, async () => api.get(path)));
}

/** When the API server's answer to each create came, performance.now(), by name of the pod. */
export async function createBurst(
  api: ApiClient,
  pods: ReadonlyMap<string, object>,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, number>> {
  const answered = new Map<string, number>();
  const create = async ([name, pod]: readonly [string, object]): Promise<void> => {
    await api.create(PODS_PATH, pod, { signal });
    answered.set(name, performance.now());
  };
  await eachByWorkers([...pods], create, CONNECTIONS);
  return answered;
}

export async function deleteBurst(api: ApiClient, names: Iterable<string>, signal: AbortSignal): Promise<void> {
  await eachByWorkers([...names], async (name) => api.delete(`${PODS_PATH}/${name}`, { signal }), CONNECTIONS);
}
