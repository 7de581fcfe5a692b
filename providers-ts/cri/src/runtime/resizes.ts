/** Changes the resources of containers and of pods as a whole. A pod's group is never tighter than what its containers have. */
import { isDeepStrictEqual } from "node:util";
import type { Resources } from "@outboard/contract";
import { type ContainerSpec, RuntimeError } from "@outboard/provider-sdk";
import { DEADLINES, type CriClient } from "../client/cri-client.js";
import { messageOf } from "../client/errors.js";
import { limitPodGroup, memoryUsage, podLimits, type GroupSettings } from "../machine/pod-group.js";
import { type PodAmounts, withContainerResources, withPodResources } from "../map/pod-resources.js";
import { containerLimits, type LimitFacts } from "../map/resources.js";
import type { PodStore, StoredPod } from "./pod-store.js";

export interface ResizeTools {
  readonly client: CriClient;
  readonly store: PodStore;
  readonly group: GroupSettings;
  readonly limits: LimitFacts;
}

/** The container to change: its name in the pod and its id in the runtime. */
export interface ResizedContainer {
  readonly name: string;
  readonly id: string;
}

export class Resizes {
  readonly #tools: ResizeTools;

  constructor(tools: ResizeTools) {
    this.#tools = tools;
  }

  /** The group grows before the container and shrinks after it. */
  async container(
    uid: string,
    { name, id }: ResizedContainer,
    resources: Resources,
    signal: AbortSignal,
  ): Promise<void> {
    const { client, store, limits } = this.#tools;
    const pod = this.#find(uid);
    const amounts = withContainerResources(pod.amounts, name, resources);
    const linux = containerLimits(name, resources, amounts, limits);
    if (isLower(memoryLimitOf(amounts, name), memoryLimitOf(pod.amounts, name))) {
      refuseBelow(`container "${name}"`, memoryLimitOf(amounts, name), await this.#memoryUsage(id, signal));
    }
    try {
      // A group that must shrink may refuse now and takes it below.
      this.#limitLoosely(pod, amounts);
      await client.runtime.updateContainerResources(
        { containerId: id, linux },
        { signal, deadlineMs: DEADLINES.usual },
      );
    } catch (error) {
      throw new RuntimeError("ResizeError", messageOf(error), { cause: error });
    }
    this.#limit(pod, amounts);
    store.save({ ...pod, amounts });
  }

  /** What containers are given from now on is measured by these, even where the kernel does not take them yet. */
  pod(uid: string, resources: Resources): void {
    const pod = this.#find(uid);
    const amounts = withPodResources(pod.amounts, resources);
    const wanted = podLimits(amounts).memoryBytes;
    if (isLower(wanted, podLimits(pod.amounts).memoryBytes)) {
      refuseBelow("pod", wanted, memoryUsage(this.#tools.group, pod.groupPath));
    }
    this.#tools.store.save({ ...pod, amounts });
    this.#limit(pod, amounts);
  }

  /** An instance may get other resources than the one before it, and cannot begin with more than its pod has. */
  makeRoom({ uid, name, resources }: Pick<ContainerSpec, "uid" | "name" | "resources">): void {
    const { store } = this.#tools;
    const pod = store.find(uid);
    if (pod === undefined || resources === undefined) return;
    const amounts = withContainerResources(pod.amounts, name, resources);
    if (isDeepStrictEqual(amounts, pod.amounts)) return;
    store.save({ ...pod, amounts });
    this.#limitLoosely(pod, amounts);
  }

  async #memoryUsage(id: string, signal: AbortSignal): Promise<bigint | undefined> {
    const filter = { id, podSandboxId: "", labelSelector: new Map<string, string>() };
    const options = { signal, deadlineMs: DEADLINES.quick };
    const { stats } = await this.#tools.client.runtime.listContainerStats({ filter }, options);
    return stats[0]?.memory?.usageBytes?.value;
  }

  #find(uid: string): StoredPod {
    const pod = this.#tools.store.find(uid);
    if (pod === undefined) throw new RuntimeError("ResizeError", "the pod's sandbox is not known");
    return pod;
  }

  #limit({ groupPath }: StoredPod, amounts: PodAmounts): void {
    try {
      limitPodGroup(this.#tools.group, groupPath, amounts);
    } catch (error) {
      throw new RuntimeError("ResizeError", messageOf(error), { cause: error });
    }
  }

  #limitLoosely({ groupPath }: StoredPod, amounts: PodAmounts): void {
    try {
      limitPodGroup(this.#tools.group, groupPath, amounts);
    } catch {
      // The kernel refuses while a container has more; it is told again when that has changed.
    }
  }
}

/** A limit of the pod stands in for one that the container lacks. */
function memoryLimitOf({ containers, pod }: PodAmounts, name: string): number | undefined {
  const own = containers.find((container) => container.name === name)?.limits.memoryBytes;
  return own ?? pod?.limits.memoryBytes;
}

function isLower(wanted: number | undefined, before: number | undefined): boolean {
  return wanted !== undefined && wanted !== 0 && wanted < (before ?? Number.POSITIVE_INFINITY);
}

/** A limit below what is in use would end processes. In the kubelet's words. */
function refuseBelow(what: string, limit: number | undefined, usage: bigint | undefined): void {
  if (limit === undefined || usage === undefined || usage < BigInt(limit)) return;
  throw new RuntimeError(
    "ResizeError",
    `cannot decrease memory limits: attempting to set ${what} memory limit (${String(limit)}) below current usage (${String(usage)})`,
  );
}
