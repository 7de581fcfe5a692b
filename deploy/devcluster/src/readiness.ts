// When a fresh control plane counts as ready: it serves, and the first objects that pods need are there.

import type { ApiClient } from "./api-client.js";
import { ApiError } from "./api-client.js";
import { eventually } from "./eventually.js";
import { KUBELET_CLIENT_USER } from "./pki.js";

const READY_TIMEOUT_MS = 90_000;

export async function apiServerReady(api: ApiClient, signal: AbortSignal): Promise<void> {
  const probe = async (): Promise<boolean> =>
    (await api.text("/readyz", { signal: AbortSignal.timeout(5_000) })) === "ok";
  await eventually(probe, { message: "kube-apiserver ready", timeoutMs: READY_TIMEOUT_MS, intervalMs: 50, signal });
}

export async function namespaceReady(api: ApiClient, namespace: string, signal: AbortSignal): Promise<void> {
  const base = `/api/v1/namespaces/${namespace}`;
  const probe = async (): Promise<boolean> => {
    await api.get(`${base}/serviceaccounts/default`);
    await api.get(`${base}/configmaps/kube-root-ca.crt`);
    return true;
  };
  const message = `default service account and kube-root-ca.crt in namespace ${namespace}`;
  await eventually(probe, { message, timeoutMs: READY_TIMEOUT_MS, intervalMs: 50, signal });
}

/** The rights a real cluster's installer grants: API server to kubelets, nodes to renew their certificates. */
export async function grantRights(api: ApiClient): Promise<void> {
  await bind(api, "outboard:kubelet-api-admin", "system:kubelet-api-admin", {
    kind: "User",
    name: KUBELET_CLIENT_USER,
  });
  const renewal = "system:certificates.k8s.io:certificatesigningrequests:selfnodeclient";
  await bind(api, "outboard:node-renewal", renewal, { kind: "Group", name: "system:nodes" });
}

interface Subject {
  readonly kind: "User" | "Group";
  readonly name: string;
}

async function bind(api: ApiClient, name: string, role: string, subject: Subject): Promise<void> {
  const apiGroup = "rbac.authorization.k8s.io";
  try {
    await api.create(`/apis/${apiGroup}/v1/clusterrolebindings`, {
      metadata: { name },
      roleRef: { apiGroup, kind: "ClusterRole", name: role },
      subjects: [{ ...subject, apiGroup }],
    });
  } catch (error) {
    if (!(error instanceof ApiError && error.status === 409)) throw error;
  }
}
