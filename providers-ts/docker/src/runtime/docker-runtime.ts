/**
 * The Docker Engine API behind ContainerRuntime. Nothing is kept but what the engine has: labels tell whose a container is.
 * Only composition is here; what containers look like is decided in plan/, logs are written by logs/.
 */
import type { Duplex } from "node:stream";
import type { RegistryCredential, Resources } from "@outboard/contract";
import {
  type Clock,
  type ContainerRuntime,
  type ContainerSpec,
  type NodeReport,
  type Owner,
  type ProviderDescription,
  type PulledImage,
  RuntimeError,
  type RuntimePod,
  type RuntimeStats,
  type Sandbox,
  type SandboxSpec,
  type SessionExit,
  type StartedContainer,
} from "@outboard/provider-sdk";
import { Connection } from "../api/connection.js";
import type { StatsSample } from "../api/objects.js";
import { describeProvider } from "../features.js";
import { Images, type PullPolicy } from "../images/images.js";
import { InfraImage } from "../images/infra-image.js";
import { LogFollower } from "../logs/follower.js";
import { toResourceUpdate } from "../plan/resources.js";
import { dialPod } from "./dial.js";
import { EngineWatch } from "./engine-facts.js";
import { isListedUnstarted, isUnstarted } from "./container-state.js";
import { Instances, type Listed } from "./instances.js";
import { listPods } from "./list.js";
import { reportNode } from "./node-report.js";
import { unlessLate } from "./patience.js";
import { Pods, toSandbox } from "./pods.js";
import { runAttach, runExec } from "./sessions.js";
import { startInstance } from "./start.js";
import { toStats } from "./stats.js";
import { watchEngine } from "./watch.js";

export interface DockerRuntimeOptions {
  readonly socketPath: string;
  /** The provider's own folder; exists. */
  readonly state: string;
  /** The engine's network that pods join. */
  readonly network: string;
  /** An image that is there and waits for ever; undefined: one is made. */
  readonly infraImage?: string | undefined;
  /** Processes per container; undefined: the engine's own limit. */
  readonly pidsLimit?: number | undefined;
  readonly maxPods: number;
  readonly clock: Clock;
}

type ExitListener = Parameters<ContainerRuntime["onExit"]>[0];
type ExecArguments = Parameters<NonNullable<ContainerRuntime["exec"]>>;
type AttachArguments = Parameters<NonNullable<ContainerRuntime["attach"]>>;
type StopOptions = Parameters<ContainerRuntime["stopContainer"]>[3];

export class DockerRuntime implements ContainerRuntime {
  readonly #options: DockerRuntimeOptions;
  readonly #connection: Connection;
  readonly #logs: LogFollower;
  readonly #instances: Instances;
  readonly #images: Images;
  readonly #pods: Pods;
  readonly #engine: EngineWatch;
  /** Instances that were asked to end, so that a nearer end time does not ask again. */
  readonly #asked = new Set<string>();
  #running: { readonly abort: AbortController; readonly loops: Promise<unknown> } | undefined;
  #owner: Owner | undefined;

  constructor(options: DockerRuntimeOptions) {
    this.#options = options;
    const connection = new Connection(options.socketPath);
    this.#connection = connection;
    this.#logs = new LogFollower(connection, options.clock);
    this.#instances = new Instances(connection, this.#logs);
    this.#images = new Images(connection);
    this.#engine = new EngineWatch(connection, options.clock);
    this.#pods = new Pods({
      connection,
      clock: options.clock,
      instances: this.#instances,
      infraImage: new InfraImage(connection, options.infraImage),
      network: options.network,
    });
  }

  describe(): ProviderDescription {
    return describeProvider();
  }

  node(): NodeReport {
    const { facts, isReachable } = this.#engine;
    const { maxPods, socketPath, network, state } = this.#options;
    return reportNode({ engine: facts, isReachable, maxPods, socketPath, network, state });
  }

  async start(owner: Owner): Promise<void> {
    await this.#endLoops();
    this.#owner = owner;
    await this.#connection.negotiate();
    await this.#engine.refresh();
    this.#engine.noteReach(true);
    const all = await this.#instances.query(owner);
    await Promise.all(all.map((listed) => unlessLate(this.#options.clock, this.#take(listed))));
    this.#beginLoops(owner);
  }

  /** What was made and never started is left from a crash: its attempt was not used. Waits for one that is being started. */
  async #take(listed: Listed): Promise<void> {
    if (!isListedUnstarted(listed.summary)) return void (await this.#instances.track(listed));
    const found = await this.#instances.inspect(listed.id);
    if (found === undefined) return;
    if (isUnstarted(found.State)) await this.#pods.removeContainer(listed.id);
    else await this.#instances.track(listed);
  }

  async stop(): Promise<void> {
    await this.#endLoops();
    await this.#logs.stop();
    this.#connection.close();
  }

  async list(): Promise<readonly RuntimePod[]> {
    const tools = { instances: this.#instances, images: this.#images, clock: this.#options.clock };
    return await listPods(tools, this.#ownerNow());
  }

  onExit(listener: ExitListener): void {
    this.#instances.onExit(listener);
  }

  onSandboxLost(listener: (uid: string) => void): void {
    this.#instances.onInfraEnd(listener);
  }

  async createSandbox(spec: SandboxSpec): Promise<Sandbox> {
    return await this.#pods.create(spec, this.#ownerNow());
  }

  async stopSandbox(uid: string): Promise<void> {
    await this.#pods.stop(uid, this.#ownerNow());
  }

  async removePod(uid: string): Promise<void> {
    await this.#pods.remove(uid, this.#ownerNow());
  }

  async hasImage(image: string): Promise<boolean> {
    return (await this.#images.find(image)) !== undefined;
  }

  async ensureImage(
    image: string,
    policy: PullPolicy,
    credentials: readonly RegistryCredential[],
    signal: AbortSignal,
  ): Promise<PulledImage> {
    return await this.#images.ensure(image, policy, credentials, signal);
  }

  async startContainer(spec: ContainerSpec): Promise<StartedContainer> {
    return await startInstance(spec, {
      connection: this.#connection,
      instances: this.#instances,
      images: this.#images,
      pods: this.#pods,
      pidsLimit: this.#options.pidsLimit,
      owner: this.#ownerNow(),
    });
  }

  async stopContainer(uid: string, container: string, attempt: number, options: StopOptions): Promise<void> {
    const id = this.#instances.find(uid, container, attempt);
    if (id === undefined) return;
    await this.#instances.settle(id);
    const { signal: never } = new AbortController();
    if (options.graceMs > 0) {
      await this.#askToEnd(id, options.signal);
      if (await this.#endsWithin(id, options.graceMs)) return;
    }
    await this.#pods.kill(id);
    await this.#instances.settle(id);
    await this.#instances.untilEnded(id, never);
    this.#asked.delete(id);
  }

  async removeContainer(uid: string, container: string, attempt: number): Promise<void> {
    const id = this.#instances.find(uid, container, attempt);
    if (id !== undefined) await this.#pods.removeContainer(id);
  }

  reopenLog(uid: string, container: string, attempt: number): Promise<void> {
    const id = this.#instances.find(uid, container, attempt);
    if (id !== undefined) this.#logs.reopen(id);
    return Promise.resolve();
  }

  async updateResources(uid: string, container: string, attempt: number, resources: Resources): Promise<void> {
    const body = toResourceUpdate(resources);
    const path = `/containers/${this.#idOf(uid, container, attempt)}/update`;
    try {
      await this.#connection.json({ method: "POST", path, body });
    } catch (error) {
      const text = error instanceof Error ? error.message : "unknown error";
      throw new RuntimeError("ResizeError", text, { cause: error });
    }
  }

  async exec(...[uid, container, attempt, command, io, signal]: ExecArguments): Promise<SessionExit> {
    const containerId = this.#idOf(uid, container, attempt);
    return await runExec(this.#sessionTools(), { containerId, command }, io, signal);
  }

  async attach(...[uid, container, attempt, io, signal]: AttachArguments): Promise<SessionExit> {
    const containerId = this.#idOf(uid, container, attempt);
    const found = await this.#instances.inspect(containerId);
    const ended = async (until: AbortSignal): Promise<SessionExit | undefined> => {
      await this.#instances.settle(containerId);
      if (!(await this.#instances.untilEnded(containerId, until))) return undefined;
      const exitCode = this.#instances.exitOf(containerId)?.exitCode;
      return exitCode === undefined ? undefined : { exitCode };
    };
    return await runAttach(this.#sessionTools(), { containerId, tty: found?.Config.Tty === true, ended }, io, signal);
  }

  async dial(uid: string, port: number): Promise<Duplex> {
    const { found } = await this.#pods.infra(uid);
    const address = toSandbox(found).podIPs[0];
    return await dialPod({ infraId: found.Id, infraPid: found.State.Pid, address, port });
  }

  async stats(uid: string): Promise<RuntimeStats> {
    const all = await this.#instances.query(this.#ownerNow(), uid);
    const running = all.filter(({ summary, identity }) => summary.State === "running" && identity.container !== "");
    const containers = await Promise.all(
      running.map(async ({ id, identity }) => {
        const path = `/containers/${id}/stats?stream=false&one-shot=true`;
        const answer = this.#connection.json<StatsSample>({ method: "GET", path });
        const sample = await unlessLate(this.#options.clock, answer);
        return sample === undefined ? [] : [toStats(identity.container, sample)];
      }),
    );
    return { containers: containers.flat() };
  }

  async #askToEnd(id: string, signal: string | undefined): Promise<void> {
    if (this.#asked.has(id)) return;
    this.#asked.add(id);
    const own = signal ?? (await this.#instances.inspect(id))?.Config.StopSignal?.replace(/^SIG/, "");
    await this.#pods.kill(id, own === undefined || own === "" ? "TERM" : own);
  }

  async #endsWithin(id: string, graceMs: number): Promise<boolean> {
    const timeUp = new AbortController();
    const cancel = this.#options.clock.after(graceMs, () => timeUp.abort());
    try {
      return await this.#instances.untilEnded(id, timeUp.signal);
    } finally {
      cancel();
    }
  }

  #idOf(uid: string, container: string, attempt: number): string {
    const id = this.#instances.find(uid, container, attempt);
    if (id === undefined) throw new Error(`container ${container} is not there`);
    return id;
  }

  #sessionTools(): { readonly connection: Connection; readonly clock: Clock } {
    return { connection: this.#connection, clock: this.#options.clock };
  }

  #ownerNow(): Owner {
    if (this.#owner === undefined) throw new Error("the provider has not started");
    return this.#owner;
  }

  #beginLoops(owner: Owner): void {
    const abort = new AbortController();
    const tools = {
      connection: this.#connection,
      instances: this.#instances,
      clock: this.#options.clock,
      owner,
      onReach: (isThere: boolean) => this.#engine.noteReach(isThere),
    };
    const loops = Promise.all([watchEngine(tools, abort.signal), this.#engine.run(abort.signal)]);
    this.#running = { abort, loops };
  }

  async #endLoops(): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    running?.abort.abort();
    await running?.loops;
  }
}
