// A stand-in for the gateway, for tests of the harness only: registers its node, renews its lease, confirms deletions.

import { readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { type ApiClient, createApiClient } from "@outboard/devcluster";

interface Kubeconfig {
  readonly clusters: readonly [
    { readonly cluster: { readonly server: string; readonly "certificate-authority-data": string } },
  ];
  readonly users: readonly [
    { readonly user: { readonly "client-certificate-data": string; readonly "client-key-data": string } },
  ];
}

const LEASES = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases";

const nodeName = flagValue("--node-name");
console.log(`fake gateway of ${nodeName} starts`);
const api = clientOf(flagValue("--kubeconfig"));
await register(api);
for (;;) {
  await renew(api);
  await confirmDeletions(api);
  await wait(300);
}

function flagValue(name: string): string {
  const value = process.argv[process.argv.indexOf(name) + 1];
  if (!process.argv.includes(name) || value === undefined) throw new Error(`${name} is missing`);
  return value;
}

function clientOf(file: string): ApiClient {
  const { clusters, users } = JSON.parse(readFileSync(file, "utf8")) as Kubeconfig;
  const text = (data: string): string => Buffer.from(data, "base64").toString("utf8");
  const { server, "certificate-authority-data": ca } = clusters[0].cluster;
  const { "client-certificate-data": certificate, "client-key-data": key } = users[0].user;
  return createApiClient(server, text(ca), { certificatePem: text(certificate), keyPem: text(key) });
}

async function register(client: ApiClient): Promise<void> {
  await client.create("/api/v1/nodes", { metadata: { name: nodeName } }).catch(() => undefined);
  const ready = { type: "Ready", status: "True", reason: "Fake", lastHeartbeatTime: new Date().toISOString() };
  const patch = { status: { conditions: [ready], allocatable: { cpu: "4", memory: "4Gi", pods: "50" } } };
  await client.patch(`/api/v1/nodes/${nodeName}/status`, patch, "strategic");
  await client.create(LEASES, { metadata: { name: nodeName } }).catch(() => undefined);
}

async function renew(client: ApiClient): Promise<void> {
  const renewTime = new Date().toISOString().replace("Z", "000Z");
  await client.patch(`${LEASES}/${nodeName}`, { spec: { holderIdentity: nodeName, renewTime } });
}

async function confirmDeletions(client: ApiClient): Promise<void> {
  const { items } = await client.list("/api/v1/pods", { query: { fieldSelector: `spec.nodeName=${nodeName}` } });
  for (const { metadata } of items.filter((item) => item.metadata.deletionTimestamp !== undefined)) {
    const path = `/api/v1/namespaces/${metadata.namespace}/pods/${metadata.name}`;
    await client.delete(path, { query: { gracePeriodSeconds: 0 } });
  }
}
