// A caller of a world's kubelet port, as metrics-server and Prometheus are: the port from the node's status, a service
// account's token, the serving certificate not verified.

import type { KubeObject } from "@outboard/devcluster";
import { Agent, request } from "undici";
import type { Node } from "./objects.js";
import type { World } from "./world.js";

export interface KubeletAnswer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

export interface KubeletClient extends AsyncDisposable {
  get(path: string): Promise<KubeletAnswer>;
}

/** A caller that may `get` these subresources of nodes: metrics, stats, proxy, ... */
export async function kubeletClient(world: World, subresources: readonly string[]): Promise<KubeletClient> {
  const name = ["caller", ...subresources].join("-");
  const token = await createCaller(world, name, subresources);
  const agent = new Agent({ connect: { rejectUnauthorized: false } });
  const origin = `https://127.0.0.1:${await kubeletPort(world)}`;
  const headers = { authorization: `Bearer ${token}` };
  return {
    get: async (path) => {
      const answer = await request(`${origin}${path}`, { dispatcher: agent, headers });
      const type = String(answer.headers["content-type"] ?? "");
      return { status: answer.statusCode, type, body: await answer.body.text() };
    },
    [Symbol.asyncDispose]: async () => agent.destroy(),
  };
}

/** A service account that may `get` these subresources of nodes; its token. */
export async function createCaller(
  { api, namespace }: World,
  name: string,
  subresources: readonly string[],
): Promise<string> {
  const accounts = `/api/v1/namespaces/${namespace}/serviceaccounts`;
  await api.create(accounts, { metadata: { name } });
  if (subresources.length > 0) {
    const rbac = "rbac.authorization.k8s.io";
    const metadata = { name: `${namespace}-${name}` };
    const resources = subresources.map((each) => `nodes/${each}`);
    await api.create(`/apis/${rbac}/v1/clusterroles`, {
      metadata,
      rules: [{ apiGroups: [""], resources, verbs: ["get"] }],
    });
    await api.create(`/apis/${rbac}/v1/clusterrolebindings`, {
      metadata,
      roleRef: { apiGroup: rbac, kind: "ClusterRole", name: metadata.name },
      subjects: [{ kind: "ServiceAccount", name, namespace }],
    });
  }
  return requestToken(api, namespace, name);
}

/** A token of a service account, as a pod would have it. */
export async function requestToken(api: World["api"], namespace: string, name: string): Promise<string> {
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`;
  const { status } = await api.create<KubeObject & { readonly status: { readonly token: string } }>(path, { spec: {} });
  return status.token;
}

/** The port in the node's status. */
export async function kubeletPort({ api, nodeName }: World): Promise<number> {
  const { status } = await api.get<Node>(`/api/v1/nodes/${nodeName}`);
  return status?.daemonEndpoints?.kubeletEndpoint?.Port ?? 0;
}
