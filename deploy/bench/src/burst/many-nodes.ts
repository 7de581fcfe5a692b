// Many nodes in one burst: a gateway and a provider for each, all pods created at once, spread evenly.

import { percentile } from "../percentiles.js";
import type { Measured } from "../phase.js";
import { readUsage } from "../process-usage.js";
import { runBurst, warmUp } from "./burst.js";
import { burstPod } from "./burst-load.js";
import { type Contender, startContender } from "./contenders.js";
import type { LoopDelay, NodesFigures } from "./figures.js";
import { readLoopDelay } from "./loop-delay.js";
import type { BurstOptions } from "./options.js";
import type { TurnPlace } from "./turn.js";

/** So many start at a time. */
const STARTING = 2;
const SECONDS_PER_POD = 0.5;

export async function measureNodes(place: TurnPlace): Promise<NodesFigures> {
  const { ground, options, report, signal } = place;
  const { nodes: count, pods: podsPerNode } = options;
  report(`starting ${count} providers and ${count} gateways`);
  await using opened = new AsyncDisposableStack();
  const nodes = await startNodes(place, opened);
  const run = { ground, measured: together(nodes), secondsPerPod: SECONDS_PER_POD, signal };
  await warmUp({ ...run, pods: podsOf(nodes, "w-", { ...options, pods: options.warmUpPods }) });
  report(`${count} nodes with ${podsPerNode} pods each`);
  await readDelays(nodes);
  let delays: readonly LoopDelay[] = [];
  const onRunning = async (): Promise<void> => {
    delays = await readDelays(nodes);
  };
  const { create, remove } = await runBurst({ ...run, pods: podsOf(nodes, "", options), onRunning });
  const worst = delays.toSorted((left, right) => right.p99Ms - left.p99Ms)[0];
  return {
    nodes: count,
    podsPerNode,
    create,
    remove,
    gatewayPeakMiB: peaks(nodes.map(({ gateway }) => gateway.pid)),
    providerPeakMiB: peaks(nodes.flatMap(({ provider }) => provider?.pid ?? [])),
    ...(worst === undefined ? {} : { worstLoopDelay: worst }),
  };
}

async function startNodes(place: TurnPlace, opened: AsyncDisposableStack): Promise<readonly Contender[]> {
  const { ground, options, signal } = place;
  const started: Contender[] = [];
  const names = Array.from({ length: options.nodes }, (_, index) => `outboard-${index}`).values();
  const worker = async (): Promise<void> => {
    for (const nodeName of names) {
      const start = { ground, name: "outboard", nodeName, pods: options.pods, peers: new Map(), signal } as const;
      started.push(opened.use(await startContender(start)));
    }
  };
  await Promise.all(Array.from({ length: STARTING }, worker));
  return started;
}

/** Node after node gets a pod, and so on. */
function podsOf(nodes: readonly Contender[], prefix: string, options: BurstOptions): ReadonlyMap<string, object> {
  const rounds = Array.from({ length: options.pods }, (_, round) => round);
  const podOf = (nodeName: string, round: number): readonly [string, object] => {
    const name = `${prefix}${nodeName}-${round}`;
    return [name, burstPod(name, nodeName, options)];
  };
  return new Map(rounds.flatMap((round) => nodes.map(({ nodeName }) => podOf(nodeName, round))));
}

/** All nodes as one that is measured. */
function together(nodes: readonly Contender[]): Measured {
  return {
    pids: {
      gateway: nodes.flatMap(({ pids }) => pids.gateway),
      provider: nodes.flatMap(({ pids }) => pids.provider),
    },
    requests: () => nodes.flatMap(({ requests }) => requests()),
    check: () => nodes.forEach((node) => node.check()),
  };
}

async function readDelays(nodes: readonly Contender[]): Promise<LoopDelay[]> {
  return Promise.all(nodes.flatMap(({ metricsUrl }) => (metricsUrl === undefined ? [] : [readLoopDelay(metricsUrl)])));
}

function peaks(pids: readonly number[]): { readonly median: number; readonly max: number } {
  const sizes = pids.map((pid) => readUsage(pid).peakRssMiB);
  return { median: percentile(sizes, 50), max: percentile(sizes, 100) };
}
