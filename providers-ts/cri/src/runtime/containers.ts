/** Makes, starts, ends and removes instances of containers. */
import {
  formatPod,
  RuntimeError,
  type ContainerSpec,
  type Owner,
  type RuntimeContainer,
  type StartedContainer,
} from "@outboard/provider-sdk";
import type { ContainerUser } from "@outboard/contract";
import { DEADLINES, type CriClient } from "../client/cri-client.js";
import { isOutcomeUnknown, messageOf, unlessGone } from "../client/errors.js";
import { type ContainerConfig, ContainerState, type ContainerStatus, type ImageSpec } from "../gen/runtime/v1/api.js";
import { containerConfig } from "../map/container-config.js";
import { containerMounts, mountStatuses } from "../map/mounts.js";
import type { ContainerJson } from "../map/pod-json.js";
import type { LimitFacts } from "../map/resources.js";
import { verifyNonRoot, type SecurityMeans } from "../map/security.js";
import { exitOf, neverRan, resourcesInForce, startedOf } from "../map/status.js";
import type { FirstTries } from "./first-tries.js";
import { Images } from "./images.js";
import { keyOf, type InstanceKey, type Inventory } from "./inventory.js";
import type { PodStore, StoredPod } from "./pod-store.js";

export interface ContainerTools {
  readonly client: CriClient;
  readonly inventory: Inventory;
  readonly store: PodStore;
  readonly images: Images;
  readonly tries: FirstTries;
  readonly owner: Owner;
  readonly limits: LimitFacts;
  readonly security: SecurityMeans;
  readonly recursiveReadOnly: (handler: string) => boolean;
  readonly signal: AbortSignal;
}

export class Containers {
  readonly #tools: ContainerTools;

  constructor(tools: ContainerTools) {
    this.#tools = tools;
  }

  async start(spec: ContainerSpec): Promise<StartedContainer> {
    const pod = this.#tools.store.find(spec.uid);
    if (pod === undefined) throw new RuntimeError("CreateContainerError", "the pod's sandbox is not known");
    const begun = this.#tools.tries.ofInstance(spec) ? undefined : await this.#takeOver(spec);
    if (begun !== undefined) return this.#describe(spec, begun, []);
    const config = await this.#plan(spec, pod);
    const id = await this.#create(spec, config, pod);
    await this.#run(id);
    const status = await this.#tools.inventory.status(id, this.#tools.signal);
    if (status === undefined) throw new RuntimeError("RunContainerError", "the container is gone again", { id });
    return this.#describe(spec, status, config.mounts);
  }

  #describe(spec: ContainerSpec, status: ContainerStatus, mounts: ContainerConfig["mounts"]): StartedContainer {
    const resources =
      spec.resources === undefined ? undefined : resourcesInForce(spec.resources, status.resources?.linux);
    return {
      ...startedOf(status),
      mounts: mountStatuses(spec, mounts),
      ...(resources === undefined ? {} : { resources }),
    };
  }

  /** An earlier try whose answer was lost: what runs or ran counts, what never did goes. */
  async #takeOver(spec: ContainerSpec): Promise<ContainerStatus | undefined> {
    const { inventory, signal } = this.#tools;
    const made = await inventory.instance(spec, signal);
    if (made === undefined) return undefined;
    const status = await inventory.status(made.id, signal);
    if (status === undefined) return undefined;
    if (status.state !== ContainerState.CONTAINER_CREATED && !neverRan(status)) return status;
    await this.#remove(made.id);
    return undefined;
  }

  async #plan(spec: ContainerSpec, pod: StoredPod): Promise<ContainerConfig> {
    const { images, inventory, store, owner, limits, security, recursiveReadOnly, signal } = this.#tools;
    const json = spec.manifest as ContainerJson;
    const image = await images.recall(spec.image, signal);
    if (image === undefined) throw new RuntimeError("CreateContainerConfigError", `image "${spec.image}" is gone`);
    const user = Images.userOf(image);
    verifyNonRoot(spec.securityContext, user, formatPod(pod), spec.name);
    const mounts = containerMounts(spec, json, {
      hostsFile: store.hostsFile(spec.uid),
      images: await this.#volumeImages(spec, pod),
      recursiveReadOnly: recursiveReadOnly(pod.runtimeHandler),
    });
    const target = json.targetContainerName;
    const targetId = target === undefined ? undefined : await inventory.running(spec.uid, target, signal);
    return containerConfig(spec, json, {
      owner,
      pod,
      sandbox: pod.config,
      amounts: pod.amounts,
      mounts,
      image: { id: image.id, user },
      ...(targetId === undefined ? {} : { targetId }),
      limits,
      security,
    });
  }

  async #volumeImages({ mounts }: ContainerSpec, pod: StoredPod): Promise<ReadonlyMap<string, ImageSpec>> {
    const found = new Map<string, ImageSpec>();
    for (const { volume, image } of mounts) {
      if (image === undefined) continue;
      const present = await this.#tools.images.recall(image.imageId, this.#tools.signal);
      if (present === undefined) throw new RuntimeError("CreateContainerError", `image "${image.name}" is gone`);
      const { annotations } = pod.config;
      const { runtimeHandler } = pod;
      found.set(volume, { image: present.id, annotations, userSpecifiedImage: image.name, runtimeHandler });
    }
    return found;
  }

  async #create(spec: ContainerSpec, config: ContainerConfig, pod: StoredPod): Promise<string> {
    const options = { signal: this.#tools.signal, deadlineMs: DEADLINES.usual };
    const request = { podSandboxId: spec.sandboxId, config, sandboxConfig: pod.config };
    try {
      return (await this.#tools.client.runtime.createContainer(request, options)).containerId;
    } catch (error) {
      throw new RuntimeError("CreateContainerError", messageOf(error), { cause: error });
    }
  }

  async #run(id: string): Promise<void> {
    const options = { signal: this.#tools.signal, deadlineMs: DEADLINES.usual };
    try {
      await this.#tools.client.runtime.startContainer({ containerId: id }, options);
    } catch (error) {
      // The next try finds out how far it got.
      if (isOutcomeUnknown(error)) throw new RuntimeError("CreateContainerError", messageOf(error), { cause: error });
      throw new RuntimeError("RunContainerError", messageOf(error), { cause: error, id, user: await this.#userOf(id) });
    }
  }

  /** Of an instance that could not run. */
  async #userOf(id: string): Promise<ContainerUser | undefined> {
    const status = await this.#tools.inventory.status(id, this.#tools.signal).catch(() => undefined);
    return status === undefined ? undefined : startedOf(status).user;
  }

  /** @returns id of the instance, or undefined if there is none. Resolves when it has ended. */
  async stop(key: InstanceKey, graceMs: number): Promise<string | undefined> {
    const { client, inventory, signal } = this.#tools;
    const found = await inventory.instance(key, signal);
    if (found === undefined) return undefined;
    const request = { containerId: found.id, timeout: BigInt(Math.ceil(graceMs / 1000)) };
    const options = { signal, deadlineMs: graceMs + DEADLINES.usual };
    await unlessGone(client.runtime.stopContainer(request, options));
    return found.id;
  }

  async remove(key: InstanceKey): Promise<void> {
    const found = await this.#tools.inventory.instance(key, this.#tools.signal);
    if (found !== undefined) await this.#remove(found.id);
    this.#tools.tries.forgetInstance(key);
  }

  async #remove(containerId: string): Promise<void> {
    const options = { signal: this.#tools.signal, deadlineMs: DEADLINES.usual };
    await unlessGone(this.#tools.client.runtime.removeContainer({ containerId }, options));
  }

  /** Id of an instance that runs. @throws RuntimeError when there is none. */
  async idOf(key: InstanceKey): Promise<string> {
    const found = await this.#tools.inventory.instance(key, this.#tools.signal);
    if (found === undefined) throw new RuntimeError("ContainerNotFound", `container ${key.name} is not there`);
    return found.id;
  }
}

/** Undefined: it is not one of ours, or never ran. */
export function toRuntimeContainer(status: ContainerStatus): RuntimeContainer | undefined {
  const key = keyOf(status);
  if (key === undefined || neverRan(status)) return undefined;
  const exit = exitOf(status);
  return { ...key, ...startedOf(status), ...(exit === undefined ? {} : { exit }) };
}
