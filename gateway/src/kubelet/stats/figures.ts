/** What the statistics routes show: the provider's figures with names, rates and sums where it tells none. */
import type { Pod } from "../../domain/kubernetes.js";
import type { PodEntry } from "../../ports/kubelet.js";
import type { ContainerUsage, CpuUsage, MemoryUsage, NodeUsage, PodUsage, UsageSnapshot } from "../../ports/stats.js";
import { addCpu, addMemory } from "./add-up.js";
import { CpuRates } from "./cpu-rates.js";
import { CpuSums } from "./cpu-sums.js";

/** Figures of a pod that is bound to this node. */
export interface PodFigures extends PodUsage {
  readonly entry: PodEntry;
}

/** Figures of the node and its pods. */
export interface Figures {
  readonly node: NodeUsage;
  /** All pods together. */
  readonly sum: { readonly cpu?: CpuUsage; readonly memory?: MemoryUsage };
  readonly pods: readonly PodFigures[];
}

/** Completes one snapshot after the other; what it remembers is bounded by the pods of the last one. */
export class FiguresMaker {
  readonly #rates = new CpuRates();
  readonly #sums = new CpuSums();

  /** `nowMs`: time of sums over nothing. Pods that are not in `entries` are left out. */
  make(snapshot: UsageSnapshot, entries: readonly PodEntry[], nowMs: number): Figures {
    const known = new Map(entries.map((entry) => [entry.pod.metadata.uid, entry]));
    const named = snapshot.pods.flatMap((pod) => {
      const entry = known.get(pod.uid);
      return entry === undefined ? [] : [{ ...pod, entry }];
    });
    this.#sums.take(named);
    const seen = new Set(["node"]);
    const pods = onePerName(named.map((pod) => this.#completePod(pod, seen, nowMs)));
    const using = pods.filter(usesSomething);
    const cpu = addCpu(
      using.map((pod) => pod.cpu),
      this.#sums.node(),
      nowMs,
    );
    const memory = addMemory(
      using.map((pod) => pod.memory),
      nowMs,
    );
    const sum = { ...(cpu && { cpu }), ...(memory && { memory }) };
    const node = this.#completeNode(snapshot.node ?? {}, sum);
    this.#rates.keepOnly(seen);
    return { node, sum, pods };
  }

  #completePod(pod: PodFigures, seen: Set<string>, nowMs: number): PodFigures {
    const containers = pod.containers.map((container) => this.#completeContainer(pod.uid, container, seen));
    seen.add(pod.uid);
    const own = pod.cpu && this.#withRate(pod.uid, pod.cpu, pod.startTimeMs);
    if (containers.length === 0) return { ...pod, containers, ...(own && { cpu: own }) };
    const cpu = merge(
      own,
      addCpu(
        containers.map((each) => each.cpu),
        this.#sums.pod(pod.uid),
        nowMs,
      ),
    );
    const memory =
      pod.memory ??
      addMemory(
        containers.map((each) => each.memory),
        nowMs,
      );
    return { ...pod, containers, ...(cpu && { cpu }), ...(memory && { memory }) };
  }

  #completeContainer(uid: string, container: ContainerUsage, seen: Set<string>): ContainerUsage {
    const key = `${uid}/${container.name}`;
    seen.add(key);
    if (container.cpu === undefined) return container;
    return { ...container, cpu: this.#withRate(key, container.cpu, container.startTimeMs) };
  }

  #completeNode(node: NodeUsage, sum: Figures["sum"]): NodeUsage {
    const own = node.cpu && this.#withRate("node", node.cpu, node.startTimeMs);
    const cpu = merge(own, sum.cpu);
    const memory = node.memory ?? sum.memory;
    return { ...node, ...(cpu && { cpu }), ...(memory && { memory }) };
  }

  /** Readings are taken in any case, so that a rate is there when the provider stops telling one. */
  #withRate(key: string, cpu: CpuUsage, startMs: number | undefined): CpuUsage {
    const usageNanoCores = cpu.usageNanoCores ?? this.#rates.take(key, cpu, startMs);
    return usageNanoCores === undefined ? cpu : { ...cpu, usageNanoCores };
  }
}

/** Not so a pod of which nothing runs: between two starts, or at its end. */
function usesSomething({ containers, cpu, memory }: PodFigures): boolean {
  return containers.length > 0 || cpu !== undefined || memory !== undefined;
}

/** A pod of the same name that is leaving would make two series of one; the younger object counts. */
function onePerName(pods: readonly PodFigures[]): readonly PodFigures[] {
  const byName = new Map<string, PodFigures>();
  for (const pod of pods) {
    const { namespace, name } = pod.entry.pod.metadata;
    const other = byName.get(`${namespace}/${name}`);
    if (other === undefined || isYounger(pod.entry.pod, other.entry.pod)) byName.set(`${namespace}/${name}`, pod);
  }
  return [...byName.values()];
}

function isYounger(a: Pod, b: Pod): boolean {
  return a.metadata.creationTimestamp > b.metadata.creationTimestamp;
}

/** The provider's own figures, with what they lack from the sum. */
function merge(own: CpuUsage | undefined, sum: CpuUsage | undefined): CpuUsage | undefined {
  return own === undefined || sum === undefined ? (own ?? sum) : { ...sum, ...own };
}
