/**
 * A FAKE ContainerRuntime for tests: containers are entries in a table, ended by the test or by a stop. It outlives the
 * engines that use it, as a real backend outlives the provider.
 */
import type { FeatureSupport, RegistryCredential, Resources } from "@outboard/contract";
import type { Clock } from "../../clock/clock.js";
import type { NodeReport, ProviderDescription } from "../../provider.js";
import type {
  ContainerExit,
  ContainerRuntime,
  ContainerSpec,
  PulledImage,
  RuntimeContainer,
  RuntimePod,
  Sandbox,
  SandboxSpec,
  SessionExit,
  SessionIO,
  StartedContainer,
} from "../runtime.js";

/** How a fake container reacts to being asked to end. Default: exit code 0 at once. */
export interface StopBehaviour {
  /** Ignores the request and is killed at the end of the grace period: 137. */
  readonly isDeaf?: boolean;
  readonly afterMs?: number;
  readonly exitCode?: number;
}

interface FakeContainer {
  readonly spec: ContainerSpec;
  readonly started: StartedContainer;
  exit?: ContainerExit;
  readonly waiters: (() => void)[];
  killAt: number;
  cancelKill: () => void;
}

interface FakePod {
  sandbox: Sandbox | undefined;
  isReady: boolean;
  readonly containers: FakeContainer[];
}

type ExitListener = Parameters<ContainerRuntime["onExit"]>[0];

/** See the head of this file. */
export class FakeRuntime implements ContainerRuntime {
  readonly calls: string[] = [];
  /** Instances that were really made, as name/attempt. */
  readonly started: string[] = [];
  readonly pods: Map<string, FakePod> = new Map();
  readonly stopBehaviour: Map<string, StopBehaviour> = new Map();
  readonly images: Map<string, PulledImage> = new Map();
  features: readonly FeatureSupport[] = [];
  podIPs: readonly string[] = ["10.0.0.7"];
  /** Throws to make a start fail. */
  onStart: (spec: ContainerSpec) => void | Promise<void> = () => {};
  /** What the last pull of each image was given. */
  readonly credentials: Map<string, readonly RegistryCredential[]> = new Map();
  onImage: (image: string) => void | Promise<void> = () => {};
  onSandbox: (spec: SandboxSpec) => void = () => {};
  onExec: (container: string, command: readonly string[], io: SessionIO) => SessionExit | Promise<SessionExit> =
    () => ({
      exitCode: 0,
    });
  onResize: () => void = () => {};
  onPodResize: () => void = () => {};
  /** Lists nothing more: the backend does not answer. */
  isDown = false;
  readonly #clock: Clock;
  #listener: ExitListener = () => {};
  #lostListener: (uid: string) => void = () => {};

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  describe(): ProviderDescription {
    return { name: "fake", version: "0", capabilities: [], features: this.features };
  }

  async start(): Promise<void> {
    await Promise.resolve();
  }

  async stop(): Promise<void> {
    this.#listener = () => {};
    await Promise.resolve();
  }

  node(): NodeReport {
    return { state: "ready" };
  }

  async list(): Promise<readonly RuntimePod[]> {
    if (this.isDown) throw new Error("the backend does not answer");
    await Promise.resolve();
    return [...this.pods].map(([uid, pod]) => ({
      uid,
      sandbox: pod.sandbox,
      sandboxReady: pod.isReady,
      containers: pod.containers.map((container) => toRuntimeContainer(container)),
    }));
  }

  onSandboxLost(listener: (uid: string) => void): void {
    this.#lostListener = listener;
  }

  /** The sandbox of a pod dies by itself. */
  loseSandbox(uid: string): void {
    this.#lostListener(uid);
  }

  onExit(listener: ExitListener): void {
    this.#listener = listener;
  }

  /** The engine's process is gone: nobody listens. */
  forgetListener(): void {
    this.#listener = () => {};
  }

  async createSandbox(spec: SandboxSpec): Promise<Sandbox> {
    this.calls.push(`createSandbox ${spec.uid}`);
    this.onSandbox(spec);
    const sandbox = { id: `sandbox-${spec.uid}`, podIPs: this.podIPs, hostIPs: ["192.0.2.1"] };
    const pod = this.#pod(spec.uid);
    pod.sandbox = sandbox;
    pod.isReady = true;
    return await Promise.resolve(sandbox);
  }

  async stopSandbox(uid: string): Promise<void> {
    this.calls.push(`stopSandbox ${uid}`);
    const pod = this.pods.get(uid);
    if (pod !== undefined) pod.isReady = false;
    await Promise.resolve();
  }

  async removePod(uid: string): Promise<void> {
    this.calls.push(`removePod ${uid}`);
    this.pods.delete(uid);
    await Promise.resolve();
  }

  async hasImage(image: string): Promise<boolean> {
    return await Promise.resolve(this.images.get(image)?.pulled !== true);
  }

  async ensureImage(image: string, _policy: string, given: readonly RegistryCredential[]): Promise<PulledImage> {
    this.credentials.set(image, given);
    await this.onImage(image);
    return this.images.get(image) ?? { imageId: `sha256:${image}`, pulled: false, sizeBytes: 1 };
  }

  async startContainer(spec: ContainerSpec): Promise<StartedContainer> {
    this.calls.push(`start ${spec.name}/${spec.attempt}`);
    await this.onStart(spec);
    this.started.push(`${spec.name}/${spec.attempt}`);
    const started = {
      id: `${spec.name}-${spec.attempt}`,
      startedAt: this.#clock.now(),
      image: spec.image,
      imageId: `sha256:${spec.image}`,
    };
    this.#pod(spec.uid).containers.push({ spec, started, waiters: [], killAt: Infinity, cancelKill: () => {} });
    return started;
  }

  async stopContainer(
    uid: string,
    name: string,
    attempt: number,
    options: { readonly graceMs: number; readonly signal?: string },
  ): Promise<void> {
    this.calls.push(`stop ${name}/${attempt} ${options.graceMs}`);
    const container = this.#find(uid, name, attempt);
    if (container === undefined || container.exit !== undefined) return;
    const ended = new Promise<void>((resolve) => container.waiters.push(resolve));
    this.#arrangeEnd(container, options.graceMs);
    await ended;
  }

  #arrangeEnd(container: FakeContainer, graceMs: number): void {
    const { uid, name, attempt } = container.spec;
    const behaviour = this.stopBehaviour.get(name) ?? {};
    const killAt = this.#clock.now() + graceMs;
    const isFirst = container.killAt === Infinity;
    if (killAt >= container.killAt) return;
    container.killAt = killAt;
    container.cancelKill();
    container.cancelKill = this.#clock.after(graceMs, () =>
      this.exit(uid, name, attempt, { exitCode: 137, signal: 9 }),
    );
    if (!isFirst || behaviour.isDeaf === true) return;
    this.#clock.after(behaviour.afterMs ?? 0, () =>
      this.exit(uid, name, attempt, { exitCode: behaviour.exitCode ?? 0 }),
    );
  }

  async removeContainer(uid: string, name: string, attempt: number): Promise<void> {
    this.calls.push(`remove ${name}/${attempt}`);
    const pod = this.pods.get(uid);
    const index = pod?.containers.findIndex(({ spec }) => spec.name === name && spec.attempt === attempt) ?? -1;
    if (index >= 0) pod?.containers.splice(index, 1);
    await Promise.resolve();
  }

  async exec(...call: Parameters<NonNullable<ContainerRuntime["exec"]>>): Promise<SessionExit> {
    const [, name, attempt, command, io] = call;
    this.calls.push(`exec ${name}/${attempt} ${command.join(" ")}`);
    return await this.onExec(name, command, io);
  }

  async reopenLog(_uid: string, name: string, attempt: number): Promise<void> {
    this.calls.push(`reopenLog ${name}/${attempt}`);
    await Promise.resolve();
  }

  async updateResources(_uid: string, name: string, attempt: number, resources: Resources): Promise<void> {
    this.calls.push(`resize ${name}/${attempt} ${resources.requests.get("cpu")}`);
    this.onResize();
    await Promise.resolve();
  }

  async updatePodResources(_uid: string, resources: Resources): Promise<void> {
    this.calls.push(`resize pod ${resources.limits.get("cpu")}`);
    this.onPodResize();
    await Promise.resolve();
  }

  /** Ends a running instance, as its process would. */
  exit(
    uid: string,
    name: string,
    attempt: number,
    exit: Omit<ContainerExit, "reason"> & { readonly reason?: string },
  ): void {
    const container = this.#find(uid, name, attempt);
    if (container === undefined || container.exit !== undefined) return;
    container.cancelKill();
    container.exit = { reason: "", finishedAt: this.#clock.now(), ...exit };
    this.#listener(uid, name, attempt, container.exit);
    for (const waiter of container.waiters) waiter();
  }

  /** Ends are told at least once. */
  tellAgain(uid: string, name: string, attempt: number): void {
    const exit = this.#find(uid, name, attempt)?.exit;
    if (exit !== undefined) this.#listener(uid, name, attempt, { ...exit, startedAt: 1 });
  }

  /** The latest spec that a container was started with. */
  specOf(uid: string, name: string): ContainerSpec {
    const found = this.pods.get(uid)?.containers.findLast(({ spec }) => spec.name === name);
    if (found === undefined) throw new Error(`container ${name} was never started`);
    return found.spec;
  }

  #find(uid: string, name: string, attempt: number): FakeContainer | undefined {
    return this.pods.get(uid)?.containers.find(({ spec }) => spec.name === name && spec.attempt === attempt);
  }

  #pod(uid: string): FakePod {
    const pod = this.pods.get(uid) ?? { sandbox: undefined, isReady: false, containers: [] };
    this.pods.set(uid, pod);
    return pod;
  }
}

function toRuntimeContainer({ spec, started, exit }: FakeContainer): RuntimeContainer {
  const base = { ...started, uid: spec.uid, name: spec.name, attempt: spec.attempt };
  return exit === undefined ? base : { ...base, exit };
}
