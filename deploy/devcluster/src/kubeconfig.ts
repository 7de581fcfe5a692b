// Writes kubeconfig files with everything embedded; JSON is YAML, so no YAML library is needed.

import { writeFile } from "node:fs/promises";
import type { Identity } from "./certificate.js";

export interface KubeconfigTarget {
  readonly server: string;
  readonly caPem: string;
}

export async function writeKubeconfig(file: string, target: KubeconfigTarget, identity: Identity): Promise<string> {
  await writeFile(file, kubeconfigText(target, identity), { mode: 0o600 });
  return file;
}

export function kubeconfigText(target: KubeconfigTarget, identity: Identity): string {
  const config = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [
      {
        name: "devcluster",
        cluster: { server: target.server, "certificate-authority-data": base64(target.caPem) },
      },
    ],
    users: [
      {
        name: "user",
        user: {
          "client-certificate-data": base64(identity.certificatePem),
          "client-key-data": base64(identity.keyPem),
        },
      },
    ],
    contexts: [{ name: "devcluster", context: { cluster: "devcluster", user: "user" } }],
    "current-context": "devcluster",
  };
  return `${JSON.stringify(config, undefined, 2)}\n`;
}

function base64(text: string): string {
  return Buffer.from(text, "utf8").toString("base64");
}
