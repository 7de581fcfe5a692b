/** Makes, ends and removes the sandboxes of pods, with their control groups and files. One works at a time. */
import { join } from "node:path";
import { RuntimeError, sleep, type Clock, type Owner, type Sandbox, type SandboxSpec } from "@outboard/provider-sdk";
import { DEADLINES, type CriClient } from "../client/cri-client.js";
import { textOf, unlessGone } from "../client/errors.js";
import { type PodSandbox, type PodSandboxStatus, PodSandboxState } from "../gen/runtime/v1/api.js";
import {
  limitPodGroup,
  makePodGroup,
  podGroupPath,
  podGroupPaths,
  removePodGroup,
  type GroupSettings,
} from "../machine/pod-group.js";
import { asPod } from "../map/pod-json.js";
import { amountsOf, qosOf } from "../map/pod-resources.js";
import { sandboxConfig } from "../map/sandbox-config.js";
import type { FirstTries } from "./first-tries.js";
import type { Inventory } from "./inventory.js";
import type { PodStore, StoredPod } from "./pod-store.js";

const GROUP_TRIES = 40;
const GROUP_PAUSE_MS = 50;

export interface SandboxTools {
  readonly client: CriClient;
  readonly inventory: Inventory;
  readonly store: PodStore;
  readonly tries: FirstTries;
  readonly clock: Clock;
  readonly owner: Owner;
  readonly group: GroupSettings;
  readonly hostIPs: () => readonly string[];
  readonly signal: AbortSignal;
  /** The end of this sandbox is news from now on. */
  readonly onReady: (sandboxId: string, uid: string) => void;
  /** Tells of instances of a pod that have ended, before they are removed. */
  readonly tellEnds: (uid: string) => Promise<void>;
  /** The end of this sandbox is wanted. */
  readonly onStop: (sandboxId: string) => void;
}

export class Sandboxes {
  readonly #tools: SandboxTools;

  constructor(tools: SandboxTools) {
    this.#tools = tools;
  }

  /** A sandbox that an earlier call made, whose answer was lost, is taken over; others of the pod go. */
  async create(spec: SandboxSpec): Promise<Sandbox> {
    const { inventory, store, tries, signal } = this.#tools;
    const stored = store.find(spec.uid);
    const isFirst = stored === undefined && tries.ofPod(spec.uid);
    const known = isFirst ? [] : await inventory.sandboxes(signal, spec.uid);
    const made = known.find(({ state }) => state === PodSandboxState.SANDBOX_READY);
    if (made !== undefined && stored !== undefined && isOf(made, stored)) return await this.#finish(spec, made.id);
    for (const { id } of known) await this.#stop(id);
    if (known.length > 0) await this.#tools.tellEnds(spec.uid);
    for (const { id } of known) await this.#remove(id);
    const attempt = known.length === 0 ? 0 : Math.max(...known.map(({ metadata }) => metadata?.attempt ?? 0)) + 1;
    const pod = this.#plan(spec, attempt);
    store.save(pod);
    store.saveHosts(spec.uid, spec.hostsFile([]));
    makePodGroup(this.#tools.group, pod.groupPath, pod.amounts);
    const id = await this.#run(pod);
    if (this.#tools.group.driver === "systemd") limitPodGroup(this.#tools.group, pod.groupPath, pod.amounts);
    return await this.#finish(spec, id);
  }

  #plan(spec: SandboxSpec, attempt: number): StoredPod {
    const { owner, group } = this.#tools;
    const { uid, namespace, name, runtimeHandler } = spec;
    const amounts = amountsOf(asPod(spec.manifest));
    const groupPath = podGroupPath(group, qosOf(amounts), uid);
    const place = { owner, attempt, cgroupParent: groupPath, logDirectory: join(spec.folder, "logs") };
    return { uid, namespace, name, runtimeHandler, groupPath, amounts, config: sandboxConfig(spec, place) };
  }

  async #run({ config, runtimeHandler }: StoredPod): Promise<string> {
    const options = { signal: this.#tools.signal, deadlineMs: DEADLINES.sandbox };
    try {
      return (await this.#tools.client.runtime.runPodSandbox({ config, runtimeHandler }, options)).podSandboxId;
    } catch (error) {
      throw new RuntimeError("CreatePodSandboxError", textOf(error), { cause: error });
    }
  }

  async #finish(spec: SandboxSpec, id: string): Promise<Sandbox> {
    const status = await this.#tools.inventory.sandboxStatus(id, this.#tools.signal);
    if (status === undefined) throw new RuntimeError("CreatePodSandboxError", "the sandbox is gone again");
    const sandbox = this.describe(status);
    const ips = spec.hostNetwork ? sandbox.hostIPs : sandbox.podIPs;
    this.#tools.store.saveHosts(spec.uid, spec.hostsFile(ips));
    this.#tools.onReady(id, spec.uid);
    return sandbox;
  }

  describe({ id, network }: PodSandboxStatus): Sandbox {
    const first = network?.ip ?? "";
    const more = (network?.additionalIps ?? []).map(({ ip }) => ip);
    return { id, podIPs: first === "" ? [] : [first, ...more], hostIPs: this.#tools.hostIPs() };
  }

  /** Ends what runs in the pod's sandboxes and frees their network. */
  async stop(uid: string): Promise<void> {
    for (const { id } of await this.#tools.inventory.sandboxes(this.#tools.signal, uid)) await this.#stop(id);
  }

  /** Removes sandboxes, containers, control group and files of a pod. */
  async remove(uid: string): Promise<void> {
    const { inventory, store, tries, signal, client, group } = this.#tools;
    for (const { id } of await inventory.sandboxes(signal, uid)) await this.#remove(id);
    for (const { id } of await inventory.containers(signal, uid)) {
      await unlessGone(client.runtime.removeContainer({ containerId: id }, { signal, deadlineMs: DEADLINES.usual }));
    }
    const paths = [store.find(uid)?.groupPath ?? [], podGroupPaths(group, uid)].flat();
    for (const path of paths) await this.#removeGroup(path);
    store.remove(uid);
    tries.forgetPod(uid);
  }

  /** The kernel needs a moment to let go of a group whose last process has ended. */
  async #removeGroup(path: string): Promise<void> {
    const { group, clock, signal } = this.#tools;
    for (let tries = 0; !removePodGroup(group, path); tries += 1) {
      if (tries === GROUP_TRIES) throw new RuntimeError("KillPodSandboxError", `control group ${path} is still in use`);
      await sleep(clock, GROUP_PAUSE_MS, signal);
    }
  }

  async #stop(podSandboxId: string): Promise<void> {
    this.#tools.onStop(podSandboxId);
    const options = { signal: this.#tools.signal, deadlineMs: DEADLINES.sandbox };
    await unlessGone(this.#tools.client.runtime.stopPodSandbox({ podSandboxId }, options));
  }

  async #remove(podSandboxId: string): Promise<void> {
    await this.#stop(podSandboxId);
    const options = { signal: this.#tools.signal, deadlineMs: DEADLINES.usual };
    await unlessGone(this.#tools.client.runtime.removePodSandbox({ podSandboxId }, options));
  }
}

function isOf(made: PodSandbox, { config }: StoredPod): boolean {
  return made.metadata?.attempt === config.metadata?.attempt;
}
