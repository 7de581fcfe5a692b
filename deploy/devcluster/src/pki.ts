// Everything a control plane must be able to prove: writes the PKI folder, issues more identities on demand.

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createAuthority, createSigningKey, type Identity, issue, type LeafRequest } from "./certificate.js";

/** The user name of the API server when it calls a kubelet; bound to system:kubelet-api-admin after start. */
export const KUBELET_CLIENT_USER = "kube-apiserver-kubelet-client";

export interface Pki {
  readonly folder: string;
  readonly caPem: string;
  readonly admin: Identity;
  readonly controllerManager: Identity;
  readonly scheduler: Identity;
  path(file: string): string;
  issueClient(commonName: string, organizations: readonly string[]): Identity;
}

export async function createPki(folder: string, now: Date): Promise<Pki> {
  const authority = createAuthority("outboard-devcluster", now);
  const client = (commonName: string, organizations: readonly string[]): Identity =>
    issue(authority, { commonName, organizations, usage: "client" }, now);
  const path = (file: string): string => join(folder, file);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writePair(path("ca"), authority);
  await writePair(path("apiserver"), issue(authority, SERVER, now));
  await writePair(path("kubelet-client"), client(KUBELET_CLIENT_USER, []));
  await writePair(path("front-proxy"), client("front-proxy", []));
  const signing = createSigningKey();
  await writeSecret(path("sa.key"), signing.keyPem);
  await writeSecret(path("sa.pub"), signing.publicPem);
  return {
    folder,
    caPem: authority.certificatePem,
    admin: client("devcluster-admin", ["system:masters"]),
    controllerManager: client("system:kube-controller-manager", []),
    scheduler: client("system:kube-scheduler", []),
    path,
    issueClient: client,
  };
}

/** The identity that the Node authorizer accepts for one node. */
export function nodeIdentity(pki: Pki, nodeName: string): Identity {
  return pki.issueClient(`system:node:${nodeName}`, ["system:nodes"]);
}

const SERVER: LeafRequest = {
  commonName: "kube-apiserver",
  usage: "server",
  ipAddresses: ["127.0.0.1", "10.96.0.1"],
  dnsNames: ["localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc"],
};

async function writePair(base: string, identity: Identity): Promise<void> {
  await writeSecret(`${base}.crt`, identity.certificatePem);
  await writeSecret(`${base}.key`, identity.keyPem);
}

async function writeSecret(file: string, text: string): Promise<void> {
  await writeFile(file, text, { mode: 0o600 });
}
