/** A real control plane for tests of this adapter, and a node of it. */
// oxlint-disable-next-line no-restricted-imports -- tests, and only tests, start a control plane
import { type Cluster, eventually, requireControlPlane, type SkippableTest, startCluster } from "@outboard/devcluster";
import { systemClock } from "../../lifecycle/system-clock.js";
import type { Node } from "../../domain/kubernetes.js";
import { podStatusPatch } from "../../domain/status-diff.js";
import { connectKube, type Kube, type KubeOptions } from "../connect.js";

export { type Cluster, eventually };

/** Starts a control plane, or skips the suite when its programs are not there. */
export async function startOrSkip(test: SkippableTest): Promise<Cluster> {
  await requireControlPlane(test, { ...process.env, OUTBOARD_BUILD: "0" });
  test.timeout(120_000);
  return startCluster({ report: () => undefined });
}

/** Connects as the node itself: user system:node:NAME, group system:nodes. */
export async function connectAsNode(
  cluster: Cluster,
  nodeName: string,
  options: Partial<KubeOptions> = {},
): Promise<Kube> {
  const kubeconfig = await cluster.nodeKubeconfig(nodeName);
  return connectKube({
    kubeconfig,
    nodeName,
    clock: systemClock,
    statusDiff: podStatusPatch,
    ...options,
  });
}

/** A Node object as it is first created. */
export function nodeObject(name: string): Node {
  return {
    metadata: { name, labels: { "kubernetes.io/hostname": name } },
    status: {
      capacity: { cpu: "4", memory: "8Gi", pods: "110" },
      allocatable: { cpu: "4", memory: "8Gi", pods: "110" },
      addresses: [
        { type: "InternalIP", address: "127.0.0.1" },
        { type: "Hostname", address: name },
      ],
      conditions: [
        {
          type: "Ready",
          status: "True",
          reason: "KubeletReady",
          message: "ready",
          lastHeartbeatTime: "2026-01-01T00:00:00Z",
          lastTransitionTime: "2026-01-01T00:00:00Z",
        },
      ],
    },
  };
}

/** A pod bound to the node, which refers to a Secret, a ConfigMap and a token with an audience. */
export function boundPod(
  name: string,
  nodeName: string,
  objects: { readonly secret: string; readonly configMap: string },
): object {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: "default" },
    spec: {
      nodeName,
      terminationGracePeriodSeconds: 0,
      containers: [
        {
          name: "main",
          image: "example.invalid/main:1",
          env: [{ name: "S", valueFrom: { secretKeyRef: { name: objects.secret, key: "k" } } }],
          envFrom: [{ configMapRef: { name: objects.configMap } }],
        },
      ],
      volumes: [
        {
          name: "token",
          projected: { sources: [{ serviceAccountToken: { path: "t", audience: "vault", expirationSeconds: 600 } }] },
        },
      ],
    },
  };
}
