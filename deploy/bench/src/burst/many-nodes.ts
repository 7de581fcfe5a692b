// Many nodes in one burst: a gateway and a provider for each, all pods created at once, spread evenly.

import { percentile } from "../percentiles.js";
import type { Measured } from "../phase.js";
import { readUsage } from "../process-usage.js";
import { runBurst } from "./burst.js";
import { burstPod } from "./burst-load.js";
import { type Contender, startContender } from "./contenders.js";
import type { LoopDelay, NodesFigures } from "./figures.js";
import { readLoopDelay } from "./loop-delay.js";
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
  report(`${count} nodes with ${podsPerNode} pods each`);
  await readDelays(nodes);
  let delays: readonly LoopDelay[] = [];
  const onRunning = async (): Promise<void> => {
    delays = await readDelays(nodes);
  };
  const measured = together(nodes);
  const pods = podsOf(nodes, place);
  const run = { ground, measured, pods, secondsPerPod: SECONDS_PER_POD, signal, onRunning };
  const { create, remove } = await runBurst(run);
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
function podsOf(nodes: readonly Contender[], { options }: TurnPlace): ReadonlyMap<string, object> {
  const rounds = Array.from({ length: options.pods }, (_, round) => round);
  const pods = rounds.flatMap((round) =>
    nodes.map(({ nodeName }) => [`${nodeName}-${round}`, burstPod(`${nodeName}-${round}`, nodeName, options)] as const),
  );
  return new Map(pods);
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
