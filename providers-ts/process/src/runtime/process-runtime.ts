/**
 * Host processes behind ContainerRuntime. Holds no process itself: each pod has a shim that does, and this class finds the
 * shims again after a restart. Only composition is here; what things look like is decided in launch/, machine/, network/.
 */
import { mkdirSync, readFileSync, realpathSync } from "node:fs";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import type { RegistryCredential, Resources } from "@outboard/contract";
import {
  RuntimeError,
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
import { describeProvider } from "../features.js";
import { refusalText, resolveImage, type ImagePolicy } from "../images/image-policy.js";
import { groupFolders, makeGroups, removeGroupParents, setLimits } from "../machine/cgroups.js";
import { makeToolFolder, type ToolFolder } from "../images/tool-folder.js";
import type { Machine } from "../machine/machine.js";
import { hostProbe } from "../machine/probe.js";
import type { PodNetwork } from "../network/network.js";
import type { InstanceRecord, UsageRecord } from "../shim/protocol.js";
import { toStarted, type Facts } from "./facts.js";
import { reportNode } from "./node-report.js";
import { toExit, type Pod } from "./pod.js";
import { PodStore } from "./pod-store.js";
import { instanceName, planStart, toLimits } from "./start-order.js";
import { runSession } from "./sessions.js";
import { ShimGone } from "./shim-link.js";

export interface ProcessRuntimeOptions {
  /** Folder of the provider's own; made if missing. One provider at a time. */
  readonly state: string;
  /** Folders of the host that no container may see, such as the engine's. The state folder is always hidden. */
  readonly hidden?: readonly string[];
  readonly machine: Machine;
  readonly images: ImagePolicy;
  /** Absent: pods share the host's network. */
  readonly network?: PodNetwork;
  /** Pods that the node offers to run. */
  readonly maxPods: number;
}

type ExitListener = (uid: string, container: string, attempt: number, exit: ContainerExit) => void;

type ExecArguments = Parameters<NonNullable<ContainerRuntime["exec"]>>;
type AttachArguments = Parameters<NonNullable<ContainerRuntime["attach"]>>;

export class ProcessRuntime implements ContainerRuntime {
  readonly #options: ProcessRuntimeOptions;
  readonly #store: PodStore;
  readonly #listeners = new Set<ExitListener>();
  #toolFolder: ToolFolder | string | undefined;

  constructor(options: ProcessRuntimeOptions) {
    mkdirSync(options.state, { recursive: true, mode: 0o700 });
    this.#options = { ...options, state: realpathSync(options.state) };
    this.#store = new PodStore(this.#options, (uid, record) => this.#onEnd(uid, record));
  }

  describe(): ProviderDescription {
    return describeProvider(this.#options.machine, this.#options.network !== undefined, this.#options.images);
  }

  node(): NodeReport {
    const foreign = this.#store.all().filter(({ isForeign }) => isForeign);
    return reportNode(
      this.#options,
      foreign.map(({ record }) => `${record.namespace}/${record.name}`),
    );
  }

  async start(owner: Owner): Promise<void> {
    await this.#store.load(owner);
  }

  async stop(): Promise<void> {
    this.#store.close();
    await this.#freeShared();
  }

  async list(): Promise<readonly RuntimePod[]> {
    return await Promise.all(this.#store.all().map((pod) => pod.describe()));
  }

  onExit(listener: ExitListener): void {
    this.#listeners.add(listener);
  }

  async createSandbox(spec: SandboxSpec): Promise<Sandbox> {
    return await this.#store.create(spec);
  }

  async stopSandbox(uid: string): Promise<void> {
    await this.#store.stop(uid);
  }

  async removePod(uid: string): Promise<void> {
    await this.#store.remove(uid);
    if (this.#store.all().length === 0) await this.#freeShared();
  }

  ensureImage(
    image: string,
    policy: "Always" | "IfNotPresent" | "Never",
    _credentials: readonly RegistryCredential[],
    signal: AbortSignal,
  ): Promise<PulledImage> {
    if (signal.aborted) return Promise.reject(new RuntimeError("ErrImagePull", "the wait for the image was ended"));
    const resolved = resolveImage(image, this.#options.images);
    if (resolved === undefined) {
      const never = `Container image "${image}" is not present with pull policy of Never`;
      const [reason, text] = policy === "Never" ? ["ErrImageNeverPull", never] : ["ErrImagePull", refusalText(image)];
      return Promise.reject(new RuntimeError(reason, text));
    }
    return Promise.resolve({ imageId: resolved.imageId, pulled: false, sizeBytes: 0 });
  }

  async startContainer(spec: ContainerSpec): Promise<StartedContainer> {
    const pod = this.#store.ready(spec.uid);
    const { machine, images, state } = this.#options;
    const mountinfo = readFileSync("/proc/self/mountinfo", "utf8");
    const hidden = [state, ...(this.#options.hidden ?? [])];
    const order = planStart(spec, pod, { machine, images, hidden, mountinfo, tools: this.#tools() });
    makeGroups(machine.cgroups, spec.uid, instanceName(spec), toLimits(spec.resources));
    const record = await this.#asking(pod, () => pod.ask<InstanceRecord>({ op: "start", order }));
    return toStarted(record, record.facts as Facts);
  }

  async stopContainer(
    uid: string,
    container: string,
    attempt: number,
    options: { readonly graceMs: number; readonly signal?: string },
  ): Promise<void> {
    const pod = this.#store.find(uid);
    if (pod?.record.stage !== "ready") return;
    // Its containers cannot be told to end, only killed together.
    if (pod.isForeign) return await pod.die();
    const { graceMs, signal = "TERM" } = options;
    const ask = (): Promise<InstanceRecord | null> => pod.ask({ op: "stop", container, attempt, signal, graceMs });
    const ended = await this.#asking(pod, ask).catch(ignoreGone);
    // Told here too: the watch may bring it a moment later.
    if (ended) this.#onEnd(uid, ended);
  }

  async removeContainer(uid: string, container: string, attempt: number): Promise<void> {
    const pod = this.#store.find(uid);
    if (pod === undefined) return;
    if (pod.record.stage === "ready") await pod.ask({ op: "forget", container, attempt });
    else pod.note({ kind: "forgotten", container, attempt });
  }

  async reopenLog(uid: string, container: string, attempt: number): Promise<void> {
    await this.#store.ready(uid).ask({ op: "reopen", container, attempt });
  }

  updateResources(uid: string, container: string, attempt: number, resources: Resources): Promise<void> {
    const { cgroups } = this.#options.machine;
    if (!cgroups.some(({ controllers }) => controllers.length > 0)) {
      return Promise.reject(
        new RuntimeError("ResizeError", "this machine allows no control groups: limits are not kept"),
      );
    }
    const folders = groupFolders(cgroups, uid, instanceName({ name: container, attempt }));
    try {
      cgroups.forEach((parent, index) => setLimits(parent, folders[index] ?? "", toLimits(resources)));
      return Promise.resolve();
    } catch (error) {
      return Promise.reject(new RuntimeError("ResizeError", "the limits cannot be changed", { cause: error }));
    }
  }

  async exec(...[uid, container, attempt, command, io, signal]: ExecArguments): Promise<SessionExit> {
    const tty = io.terminal !== undefined;
    const request = { op: "exec", container, attempt, command, stdin: io.stdin !== undefined, tty } as const;
    return await runSession(await this.#store.ready(uid).open(request), io, signal);
  }

  async attach(...[uid, container, attempt, io, signal]: AttachArguments): Promise<SessionExit> {
    const request = { op: "attach", container, attempt, stdin: io.stdin !== undefined } as const;
    return await runSession(await this.#store.ready(uid).open(request), io, signal);
  }

  async dial(uid: string, port: number): Promise<Duplex> {
    const { socket, head } = await this.#store.ready(uid).open({ op: "dial", port });
    if (head.length > 0) socket.unshift(head);
    return socket;
  }

  async stats(uid: string): Promise<RuntimeStats> {
    const usage = await this.#store.ready(uid).ask<readonly UsageRecord[]>({ op: "usage" }).catch(noneOfEnded);
    return {
      containers: usage.map((one) => ({
        name: one.container,
        cpuUsageNanos: BigInt(one.cpuNanos),
        memoryWorkingSetBytes: BigInt(one.workingSetBytes),
        memoryUsageBytes: BigInt(one.memoryUsageBytes),
        memoryRssBytes: BigInt(one.rssBytes),
      })),
    };
  }

  /** Made for the first image that needs it. */
  #tools(): ToolFolder | string {
    if (this.#options.images.mappings.length === 0) return "no image is mapped to a folder";
    this.#toolFolder ??= makeToolFolder(hostProbe(), join(this.#options.state, "tools"));
    return this.#toolFolder;
  }

  /** What pods share goes with the last one; while something still uses it nothing happens. */
  async #freeShared(): Promise<void> {
    removeGroupParents(this.#options.machine.cgroups);
    await this.#options.network?.close();
  }

  /** Asks a shim; one that has died meanwhile is noticed at once. */
  async #asking<Value>(pod: Pod, ask: () => Promise<Value>): Promise<Value> {
    try {
      return await ask();
    } catch (error) {
      if (error instanceof ShimGone && pod.record.stage === "ready") await pod.die();
      throw error;
    }
  }

  #onEnd(uid: string, record: InstanceRecord): void {
    const { container, attempt, exit } = record;
    if (exit === undefined) return;
    for (const listener of this.#listeners) listener(uid, container, attempt, toExit(record, exit));
  }
}

/** A shim that ended took the instance along: that is what was asked for. */
function ignoreGone(error: unknown): undefined {
  if (!(error instanceof ShimGone)) throw error;
}

/** What has ended meanwhile uses nothing; the figures of the other pods must not wait for that. */
function noneOfEnded(error: unknown): readonly UsageRecord[] {
  if (error instanceof ShimGone) return [];
  throw error;
}
