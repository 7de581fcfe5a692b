/** A CRI provider's runtime over a containerd of its own, for tests inside an enclosure. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  BUSYBOX_IMAGE,
  findTestImages,
  startContainerd,
  startRegistry,
  type Containerd,
  type Registry,
} from "@outboard/runtimes";
import {
  hostAddresses,
  KUBELET_HOLDS_BACK,
  SystemClock,
  type ContainerExit,
  type ContainerSpec,
  type SandboxSpec,
} from "@outboard/provider-sdk";
import { containerSpec, type Ended, eventually, sandboxSpec, TEST_OWNER } from "@outboard/provider-sdk/testing";
import { openCri, type CriClient } from "../client/cri-client.js";
import { inspectMachine } from "../machine/machine.js";
import type { GroupSettings } from "../machine/pod-group.js";
import { CriRuntime } from "../runtime/cri-runtime.js";
import { PodStore } from "../runtime/pod-store.js";
import { probeRuntime } from "../runtime/probe.js";

export const VERSIONS = ["debian", "v2"] as const;
export const NEEDS = ["containerd", "containerd-v2", "images"] as const;
export const CGROUP_ROOT = "/outboard-test";

export class World implements AsyncDisposable {
  readonly folder: string;
  readonly containerd: Containerd;
  readonly registry: Registry;
  readonly client: CriClient;
  readonly group: GroupSettings;
  readonly ended: Ended[] = [];
  readonly lost: string[] = [];
  runtime: CriRuntime;
  readonly #reopen: () => CriRuntime;

  private constructor(
    parts: Pick<World, "folder" | "containerd" | "registry" | "client" | "group">,
    open: () => CriRuntime,
  ) {
    this.folder = parts.folder;
    this.containerd = parts.containerd;
    this.registry = parts.registry;
    this.client = parts.client;
    this.group = parts.group;
    this.#reopen = open;
    this.runtime = this.#open();
  }

  static async open(version: (typeof VERSIONS)[number]): Promise<World> {
    const folder = mkdtempSync(join(tmpdir(), "cri-"));
    const registry = await startRegistry({ store: findTestImages() ?? "" });
    const containerd = await startContainerd({ version, registry });
    const client = openCri(containerd.endpoint);
    const clock = new SystemClock();
    const facts = await probeRuntime(client, clock, 10_000);
    const machine = inspectMachine();
    const group: GroupSettings = { root: CGROUP_ROOT, driver: "cgroupfs", hierarchies: machine.hierarchies };
    const open = (): CriRuntime =>
      new CriRuntime({
        client,
        facts,
        machine,
        group,
        store: new PodStore(join(folder, "state")),
        clock,
        seccompFolder: join(folder, "seccomp"),
        host: {
          machine: { cpuMillis: 4000, memoryBytes: 2 ** 34, storageBytes: 2 ** 40, maxPods: 10 },
          held: KUBELET_HOLDS_BACK,
          dns: () => undefined,
        },
        hostIPs: hostAddresses,
      });
    const world = new World({ folder, containerd, registry, client, group }, open);
    await world.runtime.start(TEST_OWNER);
    await world.pull(BUSYBOX_IMAGE);
    return world;
  }

  #open(): CriRuntime {
    const runtime = this.#reopen();
    runtime.onExit((uid, container, attempt, exit) => this.ended.push({ uid, container, attempt, exit }));
    runtime.onSandboxLost((uid) => this.lost.push(uid));
    return runtime;
  }

  /** The provider's process is gone and another one starts. */
  async restart(): Promise<void> {
    await this.runtime.stop();
    this.ended.length = 0;
    this.runtime = this.#open();
    await this.runtime.start(TEST_OWNER);
  }

  async pull(image: string): Promise<void> {
    await this.runtime.ensureImage(image, "IfNotPresent", [], AbortSignal.timeout(30_000));
  }

  sandbox(spec: Record<string, unknown> = {}, overrides: Partial<SandboxSpec> = {}): SandboxSpec {
    return sandboxSpec(join(this.folder, "pods"), {
      hostNetwork: spec["hostNetwork"] === true,
      shareProcessNamespace: spec["shareProcessNamespace"] === true,
      manifest: { metadata: { labels: { app: "test" }, annotations: { note: "kept" } }, spec },
      ...overrides,
    });
  }

  container(
    sandbox: SandboxSpec & { readonly id?: string },
    command: readonly string[],
    overrides: Partial<ContainerSpec> = {},
  ): ContainerSpec {
    return containerSpec(sandbox, { sandboxId: sandbox.id ?? "", image: BUSYBOX_IMAGE, command, ...overrides });
  }

  logPath(sandbox: SandboxSpec, name: string, attempt: number): string {
    return join(sandbox.folder, "logs", name, `${String(attempt)}.log`);
  }

  /** A pod with its sandbox made. */
  async pod(
    spec: Record<string, unknown> = {},
    overrides: Partial<SandboxSpec> = {},
  ): Promise<SandboxSpec & { readonly id: string; readonly podIPs: readonly string[] }> {
    const sandbox = this.sandbox(spec, overrides);
    const { id, podIPs } = await this.runtime.createSandbox(sandbox);
    return { ...sandbox, id, podIPs };
  }

  /** Runs a shell text in a pod of its own until it ends. */
  async run(
    text: string,
    overrides: Partial<ContainerSpec> = {},
    spec: Record<string, unknown> = {},
  ): Promise<{ readonly output: string; readonly exit: ContainerExit; readonly message: string }> {
    const pod = await this.pod(spec);
    const container = this.container(pod, ["sh", "-c", text], overrides);
    await this.runtime.startContainer(container);
    const { exit } = await this.end(pod.uid, container.name);
    const output = this.output(pod, container.name);
    const message = readFileSync(container.terminationMessageFile, "utf8");
    await this.runtime.removePod(pod.uid);
    return { output, exit, message };
  }

  async end(uid: string, container = "main", attempt = 0): Promise<Ended> {
    return await eventually(() =>
      this.ended.find((one) => one.uid === uid && one.container === container && one.attempt === attempt),
    );
  }

  /** What the container wrote, without the log's marks. */
  output(sandbox: SandboxSpec, name = "main", attempt = 0): string {
    const file = this.logPath(sandbox, name, attempt);
    if (!existsSync(file)) return "";
    return readFileSync(file, "utf8").replaceAll(/^\S+ std(?:out|err) F (.*)$/gm, "$1");
  }

  /** A file of the pod's control group, in the hierarchy that has it. */
  groupFile(path: string, name: string): string | undefined {
    for (const { mountPoint } of this.group.hierarchies) {
      const file = `${mountPoint}${path}/${name}`;
      if (existsSync(file)) return readFileSync(file, "utf8").trim();
    }
    return undefined;
  }

  /** Names of pods' control groups that are there, of every class and hierarchy. */
  groups(): readonly string[] {
    const parents = ["", "/burstable", "/besteffort"].map((part) => `${CGROUP_ROOT}/kubepods${part}`);
    return this.group.hierarchies.flatMap(({ mountPoint }) =>
      parents.flatMap((parent) => subfolders(`${mountPoint}${parent}`).filter((name) => name.startsWith("pod"))),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { uid } of await this.runtime.list()) await this.runtime.removePod(uid);
    await this.runtime.stop();
    this.client[Symbol.dispose]();
    await this.containerd.close();
    await this.registry[Symbol.asyncDispose]();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function subfolders(folder: string): readonly string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}
