/** Finds an owner's sandboxes and containers in the runtime, by their labels. */
import type { Owner } from "@outboard/provider-sdk";
import { DEADLINES, type CriClient } from "../client/cri-client.js";
import { isNotFound } from "../client/errors.js";
import {
  type Container,
  ContainerState,
  type ContainerStatus,
  type PodSandbox,
  type PodSandboxStatus,
} from "../gen/runtime/v1/api.js";
import { CONTAINER_NAME, ownerLabels, POD_UID } from "../map/labels.js";

/** Calls for statuses that run at the same time. */
const PARALLEL = 16;

/** Which instance of which container. */
export interface InstanceKey {
  readonly uid: string;
  readonly name: string;
  readonly attempt: number;
}

export class Inventory {
  readonly #client: CriClient;
  readonly #owner: ReadonlyMap<string, string>;

  constructor(client: CriClient, owner: Owner) {
    this.#client = client;
    this.#owner = ownerLabels(owner);
  }

  /** The newest first. */
  async sandboxes(signal: AbortSignal, uid?: string): Promise<readonly PodSandbox[]> {
    const filter = { id: "", labelSelector: this.#labels(uid === undefined ? [] : [[POD_UID, uid]]) };
    const { items } = await this.#client.runtime.listPodSandbox({ filter }, { signal, deadlineMs: DEADLINES.quick });
    return items.toSorted((left, right) => attemptOf(right) - attemptOf(left));
  }

  async containers(signal: AbortSignal, uid?: string): Promise<readonly Container[]> {
    return await this.#containers(signal, uid === undefined ? [] : [[POD_UID, uid]]);
  }

  async #containers(
    signal: AbortSignal,
    labels: readonly (readonly [string, string])[],
  ): Promise<readonly Container[]> {
    const filter = { id: "", podSandboxId: "", labelSelector: this.#labels(labels) };
    const options = { signal, deadlineMs: DEADLINES.quick };
    return (await this.#client.runtime.listContainers({ filter }, options)).containers;
  }

  /** Undefined: there is none. Of several the one that got furthest. */
  async instance({ uid, name, attempt }: InstanceKey, signal: AbortSignal): Promise<Container | undefined> {
    const labels = [[POD_UID, uid] as const, [CONTAINER_NAME, name] as const];
    const found = await this.#containers(signal, labels);
    const same = found.filter(({ metadata }) => metadata?.attempt === attempt);
    return same.toSorted((left, right) => right.state - left.state)[0];
  }

  /** Id of the running instance of a container. */
  async running(uid: string, name: string, signal: AbortSignal): Promise<string | undefined> {
    const found = await this.#containers(signal, [
      [POD_UID, uid],
      [CONTAINER_NAME, name],
    ]);
    return found.find(({ state }) => state === ContainerState.CONTAINER_RUNNING)?.id;
  }

  /** Undefined: it is gone. */
  async status(containerId: string, signal: AbortSignal): Promise<ContainerStatus | undefined> {
    const options = { signal, deadlineMs: DEADLINES.quick };
    try {
      return (await this.#client.runtime.containerStatus({ containerId }, options)).status;
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  /** Of those that are still there. */
  async statuses(ids: readonly string[], signal: AbortSignal): Promise<readonly ContainerStatus[]> {
    const found: ContainerStatus[] = [];
    for (let at = 0; at < ids.length; at += PARALLEL) {
      const some = await Promise.all(ids.slice(at, at + PARALLEL).map(async (id) => await this.status(id, signal)));
      found.push(...some.filter((status) => status !== undefined));
    }
    return found;
  }

  async sandboxStatus(podSandboxId: string, signal: AbortSignal): Promise<PodSandboxStatus | undefined> {
    const options = { signal, deadlineMs: DEADLINES.quick };
    try {
      return (await this.#client.runtime.podSandboxStatus({ podSandboxId }, options)).status;
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  #labels(more: readonly (readonly [string, string])[]): Map<string, string> {
    return new Map([...this.#owner, ...more]);
  }
}

function attemptOf({ metadata }: PodSandbox): number {
  return metadata?.attempt ?? 0;
}

/** Which instance a container of the runtime is; undefined: none of ours. */
export function keyOf(container: Pick<Container, "labels" | "metadata">): InstanceKey | undefined {
  const uid = container.labels.get(POD_UID);
  const name = container.labels.get(CONTAINER_NAME);
  if (uid === undefined || name === undefined) return undefined;
  return { uid, name, attempt: container.metadata?.attempt ?? 0 };
}
