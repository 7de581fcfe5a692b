// Certificates for the standalone kubelet API: an own CA, the gateway's serving pair, the demo's client pair.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createAuthority, type Identity, issue } from "@outboard/devcluster";

export interface LocalIdentity {
  readonly caPem: string;
  readonly client: Identity;
  readonly files: { readonly ca: string; readonly cert: string; readonly key: string };
}

export function createLocalIdentity(parent: string, now: Date): LocalIdentity {
  const folder = join(parent, "pki");
  mkdirSync(folder, { mode: 0o700 });
  const authority = createAuthority("outboard-demo", now);
  const names = { ipAddresses: ["127.0.0.1"], dnsNames: ["localhost"] };
  const server = issue(authority, { commonName: "gateway", usage: "server", ...names }, now);
  const files = { ca: join(folder, "ca.crt"), cert: join(folder, "server.crt"), key: join(folder, "server.key") };
  writeFileSync(files.ca, authority.certificatePem);
  writeFileSync(files.cert, server.certificatePem);
  writeFileSync(files.key, server.keyPem, { mode: 0o600 });
  return {
    caPem: authority.certificatePem,
    client: issue(authority, { commonName: "demo", usage: "client" }, now),
    files,
  };
}
