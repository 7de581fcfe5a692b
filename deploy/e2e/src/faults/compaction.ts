// Makes etcd forget everything but the present, as it does by itself every five minutes in a cluster that is used.

import type { Cluster } from "@outboard/devcluster";
import { request } from "undici";

export async function compactEtcd({ etcd }: Cluster): Promise<void> {
  const { header } = (await post(`${etcd}/v3/kv/range`, { key: Buffer.from("x").toString("base64") })) as {
    readonly header: { readonly revision: string };
  };
  await post(`${etcd}/v3/kv/compaction`, { revision: header.revision, physical: true });
}

async function post(url: string, body: object): Promise<unknown> {
  const answer = await request(url, { method: "POST", body: JSON.stringify(body) });
  const text = await answer.body.text();
  if (answer.statusCode !== 200) throw new Error(`${url}: ${answer.statusCode} ${text}`);
  return JSON.parse(text);
}
