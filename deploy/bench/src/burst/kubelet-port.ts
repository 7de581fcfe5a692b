// What the kubelet port costs with all pods there: each of the long answers once, and how late that made everything else.

import type { KubeObject } from "@outboard/devcluster";
import { readUsage } from "../process-usage.js";
import { createConnector } from "../streams/connection.js";
import { writeCaller } from "../streams/caller.js";
import type { Contender } from "./contenders.js";
import type { PortFigures } from "./figures.js";
import type { Ground } from "./ground.js";
import { readLoopDelay } from "./loop-delay.js";

const PATHS = ["/pods", "/metrics/resource", "/stats/summary", "/metrics/cadvisor"];

interface NodeStatus extends KubeObject {
  readonly status?: { readonly daemonEndpoints?: { readonly kubeletEndpoint?: { readonly Port?: number } } };
}

export async function askKubeletPort(ground: Ground, contender: Contender): Promise<readonly PortFigures[]> {
  const { gateway, metricsUrl, nodeName } = contender;
  if (metricsUrl === undefined) return [];
  const node = await ground.api.get<NodeStatus>(`/api/v1/nodes/${nodeName}`);
  const port = node.status?.daemonEndpoints?.kubeletEndpoint?.Port ?? 0;
  const caller = await writeCaller(ground.cluster, ground.folder);
  const connector = createConnector({ ...caller, url: `https://127.0.0.1:${port}` });
  await connector.get(PATHS[0] ?? "").then(lengthOf); // the caller is known, code is compiled
  const figures: PortFigures[] = [];
  for (const path of PATHS) {
    await readLoopDelay(metricsUrl);
    const [before, started] = [readUsage(gateway.pid).cpuSeconds, performance.now()];
    const bytes = await lengthOf(await connector.get(path));
    const ms = performance.now() - started;
    const cpuMs = (readUsage(gateway.pid).cpuSeconds - before) * 1000;
    figures.push({ path, bytes, ms, cpuMs, loopDelay: await readLoopDelay(metricsUrl) });
  }
  return figures;
}

async function lengthOf(answer: AsyncIterable<unknown>): Promise<number> {
  let bytes = 0;
  for await (const chunk of answer) bytes += (chunk as Buffer).length;
  return bytes;
}
