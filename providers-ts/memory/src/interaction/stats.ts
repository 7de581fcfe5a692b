/** Figures of the simulated node and its running pods: a thousandth of a core and 8 MiB for each running container. */
import type { ContainerStats, GetStatsRequest, GetStatsResponse, PodStats } from "@outboard/contract";
import type { HeldPod } from "../pods.js";
import type { LogParts } from "./logs.js";

const NANO_CORES = 1_000_000n;
const MEMORY_BYTES = 8n * 1024n * 1024n;

/** One message for the node, one for each pod with a running container. */
export async function* readStats(
  { pods, clock }: LogParts,
  request: GetStatsRequest,
): AsyncGenerator<GetStatsResponse> {
  const now = clock.now();
  const running = [...pods.all()]
    .map((held) => statsOf(held, now, request))
    .filter(({ containers }) => containers.length > 0);
  const count = BigInt(running.reduce((sum, { containers }) => sum + containers.length, 0));
  yield { stats: { $case: "node", value: usage(now, count, undefined) } };
  for (const value of running) yield { stats: { $case: "pod", value } };
}

function statsOf({ state }: HeldPod, now: number, { onlyCpuAndMemory }: GetStatsRequest): PodStats {
  const containers = state.containers.flatMap(({ name, now: doing }): ContainerStats[] =>
    doing.kind === "running" ? [{ name, startTime: new Date(doing.since), ...usage(now, 1n, doing.since) }] : [],
  );
  const time = new Date(now);
  const network = { time, interfaces: [{ name: "eth0", rxBytes: 0n, txBytes: 0n }] };
  return {
    uid: state.uid,
    startTime: new Date(state.createdAt),
    containers,
    volumes: [],
    ...(onlyCpuAndMemory ? {} : { network }),
  };
}

function usage(now: number, containers: bigint, since: number | undefined) {
  const time = new Date(now);
  const counted = since === undefined ? {} : { usageCoreNanoSeconds: (BigInt(now - since) * NANO_CORES) / 1000n };
  return {
    cpu: { time, usageNanoCores: NANO_CORES * containers, ...counted },
    memory: { time, usageBytes: MEMORY_BYTES * containers, workingSetBytes: MEMORY_BYTES * containers },
  };
}
