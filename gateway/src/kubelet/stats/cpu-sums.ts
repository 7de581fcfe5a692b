/**
 * Counters of pods and of the node where the provider counts only what is inside them. A sum of what runs now would fall when a
 * part ends; these keep what ended parts had used. Bounded by the pods that run.
 */
import type { PodUsage } from "../../ports/stats.js";

interface Part {
  readonly startMs: number | undefined;
  readonly coreNanoSeconds: bigint;
}

interface PodCount {
  /** Core-nanoseconds of parts that are over. */
  readonly ended: bigint;
  readonly running: ReadonlyMap<string, Part>;
}

const NOTHING: PodCount = { ended: 0n, running: new Map() };

/** The sums. */
export class CpuSums {
  #pods: ReadonlyMap<string, PodCount> = new Map();
  /** Core-nanoseconds of pods that are over. */
  #ended = 0n;

  /** Takes all pods that run now. */
  take(pods: readonly PodUsage[]): void {
    const next = new Map(pods.map((pod) => [pod.uid, count(this.#pods.get(pod.uid) ?? NOTHING, partsOf(pod))]));
    for (const [uid, old] of this.#pods) if (!next.has(uid)) this.#ended += totalOf(old);
    this.#pods = next;
  }

  /** Core-nanoseconds of a pod since it was first seen with all its parts. */
  pod(uid: string): bigint {
    return totalOf(this.#pods.get(uid) ?? NOTHING);
  }

  /** Core-nanoseconds of all pods that were ever taken. */
  node(): bigint {
    return this.#ended + total([...this.#pods.values()].map(totalOf));
  }
}

/** The pod's own counter is one part, else its containers are. */
function partsOf({ cpu, startTimeMs, containers }: PodUsage): ReadonlyMap<string, Part> {
  if (cpu?.usageCoreNanoSeconds !== undefined) {
    return new Map([["", { startMs: startTimeMs, coreNanoSeconds: cpu.usageCoreNanoSeconds }]]);
  }
  const parts = containers.flatMap((container): [string, Part][] => {
    const coreNanoSeconds = container.cpu?.usageCoreNanoSeconds;
    return coreNanoSeconds === undefined ? [] : [[container.name, { startMs: container.startTimeMs, coreNanoSeconds }]];
  });
  return new Map(parts);
}

function count(before: PodCount, running: ReadonlyMap<string, Part>): PodCount {
  const over = [...before.running].filter(([name, part]) => !continues(part, running.get(name)));
  return { ended: before.ended + total(over.map(([, { coreNanoSeconds }]) => coreNanoSeconds)), running };
}

function continues(part: Part, now: Part | undefined): boolean {
  return now !== undefined && now.startMs === part.startMs && now.coreNanoSeconds >= part.coreNanoSeconds;
}

function totalOf({ ended, running }: PodCount): bigint {
  return ended + total([...running.values()].map(({ coreNanoSeconds }) => coreNanoSeconds));
}

function total(values: readonly bigint[]): bigint {
  return values.reduce((sum, value) => sum + value, 0n);
}
