// A node with nothing behind it that is always healthy. Without one a cluster in which no node is ready holds its own eyes
// for the trouble, and deletes no pod of any node.

import type { ApiClient } from "@outboard/devcluster";

const BYSTANDER = "bystander";
const ZONE = "topology.kubernetes.io/zone";
const NODES = "/api/v1/nodes";
const LEASES = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases";
const RENEW_MS = 5_000;

export async function startBystander(api: ApiClient): Promise<AsyncDisposable> {
  await api.create(NODES, {
    metadata: { name: BYSTANDER, labels: { [ZONE]: BYSTANDER } },
    spec: { unschedulable: true },
  });
  await api.create(LEASES, { metadata: { name: BYSTANDER }, spec: { holderIdentity: BYSTANDER } });
  const renew = async (): Promise<void> => {
    const now = new Date().toISOString();
    const ready = { type: "Ready", status: "True", reason: "Always", message: "", lastHeartbeatTime: now };
    await api.patch(`${NODES}/${BYSTANDER}/status`, { status: { conditions: [ready] } });
    const renewTime = now.replace("Z", "000Z");
    await api.patch(`${LEASES}/${BYSTANDER}`, { spec: { renewTime, leaseDurationSeconds: 40 } });
  };
  await renew();
  const timer = setInterval(() => void renew().catch(() => undefined), RENEW_MS);
  return {
    [Symbol.asyncDispose]: async () => {
      clearInterval(timer);
      for (const path of [NODES, LEASES]) await api.delete(`${path}/${BYSTANDER}`).catch(() => undefined);
    },
  };
}

/** The trouble of a zone is its own: pods of a node that is alone there are deleted at the usual pace. */
export async function giveOwnZone(api: ApiClient, nodeName: string): Promise<void> {
  await api.patch(`${NODES}/${nodeName}`, { metadata: { labels: { [ZONE]: nodeName } } });
}
