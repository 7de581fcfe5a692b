// Who asks a kubelet port: an administrator of the cluster, with a client certificate in two files.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Cluster } from "@outboard/devcluster";
import type { Endpoint } from "./orders.js";

export type Caller = Omit<Endpoint, "url">;

interface Kubeconfig {
  readonly users: readonly { readonly user: Readonly<Record<string, string>> }[];
}

/** The cluster's own client certificate of an administrator, who may use every kubelet. */
export async function writeCaller(cluster: Cluster, folder: string): Promise<Caller> {
  const file = await cluster.userKubeconfig("bench", ["system:masters"]);
  const { users } = JSON.parse(readFileSync(file, "utf8")) as Kubeconfig;
  const write = (name: string, key: string): string => {
    const path = join(folder, name);
    writeFileSync(path, Buffer.from(users[0]?.user[key] ?? "", "base64"), { mode: 0o600 });
    return path;
  };
  return {
    certFile: write("caller.crt", "client-certificate-data"),
    keyFile: write("caller.key", "client-key-data"),
  };
}
