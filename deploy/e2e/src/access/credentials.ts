// The callers of the table: what they show, and what it is worth.

import { createHash, createPrivateKey, createPublicKey } from "node:crypto";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Authority, type Cluster, createAuthority, type Identity, issue } from "@outboard/devcluster";
import type { World } from "../support/index.js";
import type { Credentials } from "./caller.js";

/** unknown: nobody. powerless: somebody without rights. metrics: the subresource `metrics` of nodes only. */
export interface TableCaller extends Credentials {
  readonly name: string;
  readonly worth: "unknown" | "powerless" | "metrics" | "admin";
}

const DAY_MS = 86_400_000;
const LIFETIME_DAYS = 365;
const AUDIENCE = "somebody-else";

/** All of them. */
export async function tableCallers(world: World, now: Date): Promise<readonly TableCaller[]> {
  const authority = readAuthority(world.cluster);
  const longAgo = new Date(now.getTime() - 2 * LIFETIME_DAYS * DAY_MS);
  const later = new Date(now.getTime() + DAY_MS);
  const masters = (by: Authority, at: Date): Identity => client(by, "admin", ["system:masters"], at);
  const admin = masters(authority, now);
  return [
    { name: "nobody", worth: "unknown" },
    { name: "a certificate of a CA with the same name", worth: "unknown", identity: masters(foreign(now), now) },
    { name: "an expired certificate", worth: "unknown", identity: masters(authority, longAgo) },
    { name: "a certificate of tomorrow", worth: "unknown", identity: masters(authority, later) },
    { name: "a self-made certificate for servers", worth: "unknown", identity: server(authority, now) },
    { name: "a wrong token", worth: "unknown", ...bearer("wrong") },
    { name: "an empty token", worth: "unknown", ...bearer("") },
    { name: "a password", worth: "unknown", headers: { authorization: `Basic ${btoa("admin:admin")}` } },
    {
      name: "claims of a proxy",
      worth: "unknown",
      headers: { "x-remote-user": "admin", "x-remote-group": "system:masters" },
    },
    {
      name: "a token for another audience",
      worth: "unknown",
      ...bearer(await tokenOf(world, "powerless", [AUDIENCE])),
    },
    { name: "a service account without rights", worth: "powerless", ...bearer(await tokenOf(world, "powerless")) },
    { name: "a certificate without rights", worth: "powerless", identity: client(authority, "someone", [], now) },
    {
      name: "another node",
      worth: "powerless",
      identity: client(authority, "system:node:other", ["system:nodes"], now),
    },
    { name: "a service account with nodes/metrics", worth: "metrics", ...bearer(await metricsToken(world)) },
    { name: "an admin by certificate", worth: "admin", identity: admin },
    { name: "an admin by token", worth: "admin", ...bearer(await adminToken(world)) },
  ];
}

function bearer(token: string): Credentials {
  return { headers: { authorization: `Bearer ${token}` } };
}

function client(authority: Authority, commonName: string, organizations: readonly string[], now: Date): Identity {
  return issue(authority, { commonName, organizations, usage: "client" }, now);
}

function server(authority: Authority, now: Date): Identity {
  return issue(authority, { commonName: "admin", organizations: ["system:masters"], usage: "server" }, now);
}

function foreign(now: Date): Authority {
  return createAuthority("outboard-devcluster", now);
}

/** The devcluster's own CA, from its files. */
function readAuthority({ caFile }: Cluster): Authority {
  const certificatePem = readFileSync(caFile, "utf8");
  const keyPem = readFileSync(join(dirname(caFile), "ca.key"), "utf8");
  const key = createPrivateKey(keyPem);
  const spki = createPublicKey(key).export({ type: "spki", format: "der" });
  const keyId = createHash("sha1").update(spki).digest();
  return { commonName: "outboard-devcluster", key, keyId, certificatePem, keyPem };
}

async function metricsToken(world: World): Promise<string> {
  return tokenWithRights(world, "metrics", ["nodes/metrics"]);
}

async function adminToken(world: World): Promise<string> {
  return tokenWithRights(world, "admin", ["*"]);
}

async function tokenWithRights(world: World, name: string, resources: readonly string[]): Promise<string> {
  const rbac = "rbac.authorization.k8s.io";
  const metadata = { name: `${world.namespace}-${name}` };
  const rules = [{ apiGroups: [""], resources, verbs: ["*"] }];
  await world.api.create(`/apis/${rbac}/v1/clusterroles`, { metadata, rules });
  await world.api.create(`/apis/${rbac}/v1/clusterrolebindings`, {
    metadata,
    roleRef: { apiGroup: rbac, kind: "ClusterRole", name: metadata.name },
    subjects: [{ kind: "ServiceAccount", name, namespace: world.namespace }],
  });
  return tokenOf(world, name);
}

/** A token of a service account, which is made first. */
async function tokenOf({ api, namespace }: World, name: string, audiences?: readonly string[]): Promise<string> {
  const accounts = `/api/v1/namespaces/${namespace}/serviceaccounts`;
  await api.create(accounts, { metadata: { name } }).catch((error: unknown) => {
    if (!String(error).includes("already exists")) throw error;
  });
  const spec = audiences === undefined ? {} : { audiences };
  const made = await api.create<{ metadata: { name: string }; status: { token: string } }>(
    `${accounts}/${name}/token`,
    { spec },
  );
  return made.status.token;
}
