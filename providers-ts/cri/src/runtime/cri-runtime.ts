/** A CRI runtime behind ContainerRuntime. Only composition is here. */
import type { Duplex } from "node:stream";
import type { NodeConfiguration, RegistryCredential, Resources } from "@outboard/contract";
import {
  RuntimeError,
  type Clock,
  type CommandEnd,
  type ContainerExit,
  type ContainerRuntime,
  type ContainerSpec,
  type NodeReport,
  type Owner,
  type ProviderDescription,
  type PulledImage,
  type RuntimePod,
  type RuntimeStats,
  type Sandbox,
  type SandboxSpec,
  type SessionExit,
  type StartedContainer,
} from "@outboard/provider-sdk";
import { DEADLINES, type CriClient } from "../client/cri-client.js";
import { describeProvider } from "../features.js";
import { ContainerState, PodSandboxState } from "../gen/runtime/v1/api.js";
import type { Machine } from "../machine/machine.js";
import { removeParents, type GroupSettings } from "../machine/pod-group.js";
import { nameProblem } from "../map/image-name.js";
import { runCommand } from "./command.js";
import { Containers, toRuntimeContainer } from "./containers.js";
import { Streams } from "../streaming/streams.js";
import { FirstTries } from "./first-tries.js";
import { HealthWatch } from "./health.js";
import { Images } from "./images.js";
import { Inventory } from "./inventory.js";
import { type HostFacts, reportNode } from "./node-report.js";
import type { PodStore } from "./pod-store.js";
import { hasRecursiveReadOnly, type RuntimeFacts } from "./probe.js";
import { Resizes } from "./resizes.js";
import { Sandboxes } from "./sandboxes.js";
import { podStats } from "./stats.js";
import { Watcher } from "./watcher.js";

export interface CriRuntimeOptions {
  readonly client: CriClient;
  readonly facts: RuntimeFacts;
  readonly machine: Machine;
  readonly group: GroupSettings;
  readonly store: PodStore;
  readonly clock: Clock;
  readonly seccompFolder: string;
  /** What the node is beside the runtime. */
  readonly host: HostFacts;
  readonly hostIPs: () => readonly string[];
}

type ExitListener = (uid: string, container: string, attempt: number, exit: ContainerExit) => void;

type RunArguments = Parameters<NonNullable<ContainerRuntime["run"]>>;
type ExecArguments = Parameters<NonNullable<ContainerRuntime["exec"]>>;
type AttachArguments = Parameters<NonNullable<ContainerRuntime["attach"]>>;

/** What exists while the owner is known. */
interface Parts {
  readonly inventory: Inventory;
  readonly sandboxes: Sandboxes;
  readonly containers: Containers;
  readonly watcher: Watcher;
  readonly ending: AbortController;
  readonly running: Promise<unknown>;
}

export class CriRuntime implements ContainerRuntime {
  readonly #options: CriRuntimeOptions;
  readonly #images: Images;
  readonly #health: HealthWatch;
  readonly #streams: Streams;
  readonly #resizes: Resizes;
  #exitListeners: readonly ExitListener[] = [];
  #lostListeners: readonly ((uid: string) => void)[] = [];
  #parts: Parts | undefined;

  constructor(options: CriRuntimeOptions) {
    this.#options = options;
    this.#images = new Images(options.client, options.clock);
    this.#streams = new Streams(options.client);
    this.#resizes = new Resizes({ ...options, limits: options.machine.limits });
    this.#health = new HealthWatch(options.client, options.clock, options.facts.version);
  }

  describe(): ProviderDescription {
    return describeProvider(this.#options.facts, this.#options.machine);
  }

  node(): NodeReport {
    const { facts, hostIPs, host, group } = this.#options;
    const info = new Map([
      ["runtime", `${facts.name} ${this.#health.now.version}`],
      ["cgroups", `${group.driver} below ${group.root}`],
    ]);
    return reportNode({ ...host, facts, health: this.#health.now, addresses: hostIPs(), info });
  }

  /** Runtimes that make their network's configuration from a template want the ranges; others do not care. */
  configure({ podCidrs }: NodeConfiguration): void {
    if (podCidrs.length === 0) return;
    const request = { runtimeConfig: { networkConfig: { podCidr: podCidrs.join(",") } } };
    const signal = AbortSignal.timeout(DEADLINES.quick);
    this.#options.client.runtime.updateRuntimeConfig(request, { signal }).catch(() => {});
  }

  async start(owner: Owner): Promise<void> {
    await this.#end();
    const ending = new AbortController();
    const { client, clock } = this.#options;
    const inventory = new Inventory(client, owner);
    const watcher = new Watcher(
      { client, inventory, clock },
      {
        onExit: ({ uid, name, attempt }, exit) => {
          for (const listener of this.#exitListeners) listener(uid, name, attempt, exit);
        },
        onSandboxLost: (uid) => {
          for (const listener of this.#lostListeners) listener(uid);
        },
      },
    );
    const boxes = await inventory.sandboxes(ending.signal);
    const tries = new FirstTries(boxes.map(({ metadata }) => metadata?.uid ?? ""));
    const parts = this.#compose({ owner, inventory, tries, signal: ending.signal }, watcher);
    await this.#health.look(ending.signal);
    const running = Promise.all([watcher.run(ending.signal), this.#health.run(ending.signal)]);
    this.#parts = { inventory, watcher, ending, running, ...parts };
  }

  #compose(
    own: {
      readonly owner: Owner;
      readonly inventory: Inventory;
      readonly tries: FirstTries;
      readonly signal: AbortSignal;
    },
    watcher: Watcher,
  ): Pick<Parts, "sandboxes" | "containers"> {
    const { client, store, group, hostIPs, machine, seccompFolder, facts } = this.#options;
    const { inventory, signal } = own;
    const shared = { ...own, client, store };
    return {
      sandboxes: new Sandboxes({
        ...shared,
        clock: this.#options.clock,
        group,
        hostIPs,
        onReady: (id, uid) => watcher.expectSandbox(id, uid),
        onStop: (id) => watcher.forgetSandbox(id),
        tellEnds: async (uid) => {
          for (const { id } of await inventory.containers(signal, uid)) await watcher.check(id, signal);
        },
      }),
      containers: new Containers({
        ...shared,
        images: this.#images,
        limits: machine.limits,
        security: { seccompFolder, maskedPaths: machine.maskedPaths },
        recursiveReadOnly: (handler) => hasRecursiveReadOnly(facts, handler),
      }),
    };
  }

  async stop(): Promise<void> {
    await this.#end();
    if (this.#options.store.uids().length === 0) removeParents(this.#options.group);
  }

  async #end(): Promise<void> {
    const parts = this.#parts;
    this.#parts = undefined;
    parts?.ending.abort(new Error("the provider stops"));
    await parts?.running;
  }

  async list(): Promise<readonly RuntimePod[]> {
    const { inventory, sandboxes, ending } = this.#started();
    const [boxes, containers] = await Promise.all([
      inventory.sandboxes(ending.signal),
      inventory.containers(ending.signal),
    ]);
    const begun = containers.filter(({ state }) => state !== ContainerState.CONTAINER_CREATED);
    const statuses = await inventory.statuses(
      begun.map(({ id }) => id),
      ending.signal,
    );
    const all = statuses.flatMap((status) => toRuntimeContainer(status) ?? []);
    const uids = new Set([...boxes.map(({ metadata }) => metadata?.uid ?? ""), ...all.map(({ uid }) => uid)]);
    const pods: RuntimePod[] = [];
    for (const uid of uids) {
      const newest = boxes.find(({ metadata }) => metadata?.uid === uid);
      const status = newest === undefined ? undefined : await inventory.sandboxStatus(newest.id, ending.signal);
      pods.push({
        uid,
        sandbox: status === undefined ? undefined : sandboxes.describe(status),
        sandboxReady: status?.state === PodSandboxState.SANDBOX_READY,
        containers: all.filter((container) => container.uid === uid),
      });
    }
    return pods;
  }

  onExit(listener: ExitListener): void {
    this.#exitListeners = [...this.#exitListeners, listener];
  }

  onSandboxLost(listener: (uid: string) => void): void {
    this.#lostListeners = [...this.#lostListeners, listener];
  }

  async createSandbox(spec: SandboxSpec): Promise<Sandbox> {
    return await this.#started().sandboxes.create(spec);
  }

  async stopSandbox(uid: string): Promise<void> {
    await this.#started().sandboxes.stop(uid);
  }

  async removePod(uid: string): Promise<void> {
    await this.#started().sandboxes.remove(uid);
  }

  async hasImage(image: string): Promise<boolean | undefined> {
    if (nameProblem(image) !== undefined) return undefined;
    try {
      return (await this.#images.find(image, this.#started().ending.signal)) !== undefined;
    } catch {
      return undefined;
    }
  }

  async ensureImage(
    image: string,
    policy: "Always" | "IfNotPresent" | "Never",
    credentials: readonly RegistryCredential[],
    signal: AbortSignal,
  ): Promise<PulledImage> {
    return await this.#images.ensure(image, policy, credentials, signal);
  }

  async startContainer(spec: ContainerSpec): Promise<StartedContainer> {
    this.#resizes.makeRoom(spec);
    return await this.#started().containers.start(spec);
  }

  async stopContainer(
    uid: string,
    container: string,
    attempt: number,
    options: { readonly graceMs: number; readonly signal?: string },
  ): Promise<void> {
    const { containers, watcher, ending } = this.#started();
    const id = await containers.stop({ uid, name: container, attempt }, options.graceMs);
    if (id !== undefined) await watcher.check(id, ending.signal);
  }

  async removeContainer(uid: string, container: string, attempt: number): Promise<void> {
    await this.#started().containers.remove({ uid, name: container, attempt });
  }

  async reopenLog(uid: string, container: string, attempt: number): Promise<void> {
    const { containers, ending } = this.#started();
    const containerId = await containers.idOf({ uid, name: container, attempt });
    const options = { signal: ending.signal, deadlineMs: DEADLINES.quick };
    await this.#options.client.runtime.reopenContainerLog({ containerId }, options);
  }

  async updateResources(uid: string, container: string, attempt: number, resources: Resources): Promise<void> {
    const { containers, ending } = this.#started();
    const id = await containers.idOf({ uid, name: container, attempt });
    await this.#resizes.container(uid, { name: container, id }, resources, ending.signal);
  }

  async updatePodResources(uid: string, resources: Resources): Promise<void> {
    this.#resizes.pod(uid, resources);
    await Promise.resolve();
  }

  async exec(...[uid, name, attempt, command, io, signal]: ExecArguments): Promise<SessionExit> {
    const idOf = async (): Promise<string> => await this.#started().containers.idOf({ uid, name, attempt });
    return await this.#streams.exec(idOf, command, io, signal);
  }

  async run(...[uid, name, attempt, command, time]: RunArguments): Promise<CommandEnd | undefined> {
    const containerId = await this.#started().containers.idOf({ uid, name, attempt });
    return await runCommand(this.#options.client, { containerId, command, ...time });
  }

  async attach(...[uid, name, attempt, io, signal]: AttachArguments): Promise<SessionExit> {
    const id = await this.#started().containers.idOf({ uid, name, attempt });
    return await this.#streams.attach(id, io, signal);
  }

  async dial(uid: string, port: number): Promise<Duplex> {
    const { inventory, ending } = this.#started();
    const [sandbox] = await inventory.sandboxes(ending.signal, uid);
    if (sandbox === undefined) throw new RuntimeError("SandboxNotFound", "the pod's sandbox is not there");
    return await this.#streams.forward(sandbox.id, port, ending.signal);
  }

  async stats(uid: string): Promise<RuntimeStats> {
    const { inventory, ending } = this.#started();
    return await podStats(this.#options.client, inventory, uid, ending.signal);
  }

  #started(): Parts {
    if (this.#parts === undefined) throw new RuntimeError("NotStarted", "the runtime is not connected");
    return this.#parts;
  }
}
