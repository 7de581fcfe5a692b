/** What the statistics routes show: the provider's figures with names, rates and sums where it tells none. */
import { defined } from "../../domain/defined.js";
import type { Pod } from "../../domain/kubernetes.js";
import type { PodEntry } from "../../ports/kubelet.js";
import type { CpuUsage, MemoryUsage, NodeUsage, PodUsage, UsageSnapshot } from "../../ports/stats.js";
import { addCpu, addMemory } from "./add-up.js";
import { CpuCounters } from "./cpu-counters.js";
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
  readonly #counters = new CpuCounters();
  readonly #sums = new CpuSums();

  /** `nowMs`: time of sums over nothing. Pods that are not in `entries` are left out. */
  make(snapshot: UsageSnapshot, entries: readonly PodEntry[], nowMs: number): Figures {
    const counted = nameAll(snapshot.pods, entries).map((pod) => this.#count(pod));
    this.#sums.take(counted);
    const pods = counted.map((pod) => this.#addUp(pod, nowMs));
    const using = pods.filter(usesSomething);
    const sum = defined({ cpu: addCpu(using, this.#sums.node(), nowMs), memory: addMemory(using, nowMs) });
    const node = this.#completeNode(snapshot.node ?? {}, sum);
    this.#counters.keepOnly(new Set(["node", ...counted.flatMap(keysOf)]));
    return { node, sum, pods };
  }

  /** Takes the counters of a pod and its containers. */
  #count(pod: PodFigures): PodFigures {
    const [own = "", ...keys] = keysOf(pod);
    const containers = pod.containers.map((container, index) => {
      const cpu = container.cpu && this.#counters.take(keys[index] ?? "", container.cpu, container.startTimeMs);
      return { ...container, ...defined({ cpu }) };
    });
    return { ...pod, containers, ...defined({ cpu: pod.cpu && this.#counters.take(own, pod.cpu, pod.startTimeMs) }) };
  }

  #addUp(pod: PodFigures, nowMs: number): PodFigures {
    const { containers } = pod;
    if (containers.length === 0) return pod;
    const cpu = merge(pod.cpu, addCpu(containers, this.#sums.pod(pod.uid), nowMs));
    const memory = pod.memory ?? addMemory(containers, nowMs);
    return { ...pod, ...defined({ cpu, memory }) };
  }

  #completeNode(node: NodeUsage, sum: Figures["sum"]): NodeUsage {
    const own = node.cpu && this.#counters.take("node", node.cpu, node.startTimeMs);
    return { ...node, ...defined({ cpu: merge(own, sum.cpu), memory: node.memory ?? sum.memory }) };
  }
}

/** The pods that are known by name, one per name. */
function nameAll(pods: readonly PodUsage[], entries: readonly PodEntry[]): readonly PodFigures[] {
  const known = new Map(entries.map((entry) => [entry.pod.metadata.uid, entry]));
  const named = pods.flatMap((pod) => {
    const entry = known.get(pod.uid);
    return entry === undefined ? [] : [{ ...pod, entry }];
  });
  return onePerName(named);
}

/** Keys of counters: the pod's own, then those of its containers. */
function keysOf({ uid, containers }: PodUsage): readonly string[] {
  return [uid, ...containers.map(({ name }) => `${uid}/${name}`)];
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
