// The real metrics-server against a cluster: built from its Go module, registered as an aggregated API, scraping the nodes
// with a service account's token as its published manifest has it.

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type Cluster,
  ensureGoProgram,
  eventually,
  findFreePorts,
  type GoProgram,
  isMissingBinaries,
  type KubeObject,
  type SkippableTest,
} from "@outboard/devcluster";
import { requestToken } from "./kubelet-client.js";
import { manageProcess, type ManagedProcess } from "./managed-process.js";
import type { Condition } from "./objects.js";

/** What deploy/e2e/components/metrics-server pins in its go.mod. */
const PROGRAM: GoProgram = {
  name: "metrics-server",
  version: "v0.9.0",
  module: join(import.meta.dirname, "..", "..", "components", "metrics-server"),
  package: "sigs.k8s.io/metrics-server/cmd/metrics-server",
};
const BUILD_TIMEOUT_MS = 30 * 60_000;
const NAMESPACE = "kube-system";
const NAME = "metrics-server";
const RBAC = "rbac.authorization.k8s.io";

/** For a mocha `before` hook: the program's path, built if needed. Without Go its suite is skipped, or fails in CI. */
export async function requireMetricsServer(test: SkippableTest, env: NodeJS.ProcessEnv = process.env): Promise<string> {
  test.timeout(BUILD_TIMEOUT_MS);
  try {
    const report = (line: string): void => console.error(`    ${line}`);
    return await ensureGoProgram(PROGRAM, { env, report, signal: AbortSignal.timeout(BUILD_TIMEOUT_MS) });
  } catch (error) {
    if (!isMissingBinaries(error) || env["CI"] === "true") throw error;
    console.error(`    skipped: ${error.message}`);
    return test.skip();
  }
}

/** Starts it; answers when the API server offers metrics.k8s.io. The cluster must reach services by their names. */
export async function startMetricsServer(cluster: Cluster, program: string): Promise<ManagedProcess> {
  await createAccount(cluster);
  const kubeconfig = join(cluster.folder, "metrics-server.kubeconfig");
  await writeFile(kubeconfig, await kubeconfigText(cluster), { mode: 0o600 });
  const [port = 0] = await findFreePorts(1);
  const args = [
    ...["kubeconfig", "authentication-kubeconfig", "authorization-kubeconfig"].map((flag) => `--${flag}=${kubeconfig}`),
    "--bind-address=127.0.0.1",
    `--secure-port=${port}`,
    `--cert-dir=${join(cluster.folder, "metrics-server")}`,
    "--kubelet-insecure-tls",
    "--kubelet-preferred-address-types=InternalIP,ExternalIP,Hostname",
    "--kubelet-use-node-status-port",
    "--metric-resolution=10s",
    "--kubelet-request-timeout=8s",
  ];
  const logFile = join(cluster.logFolder, "metrics-server.log");
  const server = manageProcess({ name: NAME, command: program, args }, logFile);
  server.start();
  await register(cluster, port);
  await available(cluster, server);
  return server;
}

/** The rights of its published manifest. */
async function createAccount({ api }: Cluster): Promise<void> {
  const subjects = [{ kind: "ServiceAccount", name: NAME, namespace: NAMESPACE }];
  const bind = async (base: string, name: string, kind: string, role: string): Promise<void> => {
    const roleRef = { apiGroup: RBAC, kind, name: role };
    await api.create(`/apis/${RBAC}/v1/${base}`, { metadata: { name }, roleRef, subjects });
  };
  await api.create(`/api/v1/namespaces/${NAMESPACE}/serviceaccounts`, { metadata: { name: NAME } });
  await api.create(`/apis/${RBAC}/v1/clusterroles`, {
    metadata: { name: "system:metrics-server" },
    rules: [
      { apiGroups: [""], resources: ["nodes/metrics"], verbs: ["get"] },
      { apiGroups: [""], resources: ["pods", "nodes"], verbs: ["get", "list", "watch"] },
    ],
  });
  await bind("clusterrolebindings", "system:metrics-server", "ClusterRole", "system:metrics-server");
  await bind("clusterrolebindings", "metrics-server:system:auth-delegator", "ClusterRole", "system:auth-delegator");
  const reader = "extension-apiserver-authentication-reader";
  await bind(`namespaces/${NAMESPACE}/rolebindings`, "metrics-server-auth-reader", "Role", reader);
}

/** JSON is YAML. */
async function kubeconfigText({ api, server, caFile }: Cluster): Promise<string> {
  const token = await requestToken(api, NAMESPACE, NAME);
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "c", cluster: { server, "certificate-authority": caFile } }],
    users: [{ name: "u", user: { token } }],
    contexts: [{ name: "c", context: { cluster: "c", user: "u" } }],
    "current-context": "c",
  });
}

/** Loopback is not allowed in endpoints; as an external name it is. */
async function register({ api }: Cluster, port: number): Promise<void> {
  await api.create(`/api/v1/namespaces/${NAMESPACE}/services`, {
    metadata: { name: NAME },
    spec: { type: "ExternalName", externalName: "localhost", ports: [{ port }] },
  });
  await api.create("/apis/apiregistration.k8s.io/v1/apiservices", {
    metadata: { name: "v1beta1.metrics.k8s.io" },
    spec: {
      group: "metrics.k8s.io",
      version: "v1beta1",
      groupPriorityMinimum: 100,
      versionPriority: 100,
      insecureSkipTLSVerify: true,
      service: { name: NAME, namespace: NAMESPACE, port },
    },
  });
}

type ApiService = KubeObject & { readonly status?: { readonly conditions?: readonly Condition[] } };

async function available({ api }: Cluster, server: ManagedProcess): Promise<void> {
  const isAvailable = async (): Promise<boolean> => {
    server.expectRunning();
    const { status } = await api.get<ApiService>("/apis/apiregistration.k8s.io/v1/apiservices/v1beta1.metrics.k8s.io");
    const condition = status?.conditions?.find(({ type }) => type === "Available");
    if (condition?.status === "True") return true;
    throw new Error(`${condition?.reason}: ${condition?.message}`);
  };
  await eventually(isAvailable, { message: "the API metrics.k8s.io available", timeoutMs: 60_000, intervalMs: 500 });
}
