/** A process provider in a temporary folder, for tests: one runtime at a time, and a look at everything it leaves. */
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, readdirSync, readlinkSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ContainerExit, ContainerSpec, SandboxSpec } from "@outboard/provider-sdk";
import { containerSpec, type Ended, eventually, sandboxSpec, TEST_OWNER } from "@outboard/provider-sdk/testing";
import type { ImagePolicy } from "../images/image-policy.js";
import { groupedPods, removeGroupParents } from "../machine/cgroups.js";
import { inspectMachine, type Machine, type MachineWishes } from "../machine/machine.js";
import { hostProbe } from "../machine/probe.js";
import { ProcessRuntime } from "../runtime/process-runtime.js";
import { podPaths } from "../runtime/pod-folder.js";
import type { InstanceRecord } from "../shim/protocol.js";
import { readJournal } from "../shim/records.js";
import type { PodNetwork } from "../network/network.js";

export interface WorldOptions extends Partial<Omit<MachineWishes, "network">> {
  /** An existing folder; default a new one. */
  readonly at?: string;
  /** Folders to hide from containers; default the world's. */
  readonly hidden?: readonly string[];
  readonly images?: ImagePolicy;
  readonly machine?: (found: Machine) => Machine;
  readonly bridge?: (state: string, tag: string) => Promise<PodNetwork>;
}

interface WorldParts {
  readonly images: ImagePolicy;
  readonly network: PodNetwork | undefined;
  readonly hidden: readonly string[];
}

export class World implements AsyncDisposable {
  readonly folder: string;
  readonly machine: Machine;
  readonly ended: Ended[] = [];
  runtime: ProcessRuntime;
  readonly #images: ImagePolicy;
  readonly #network: PodNetwork | undefined;
  readonly #hidden: readonly string[];

  private constructor(folder: string, machine: Machine, parts: WorldParts) {
    this.folder = folder;
    this.machine = machine;
    this.#images = parts.images;
    this.#network = parts.network;
    this.#hidden = parts.hidden;
    this.runtime = this.#open();
  }

  static async open({ images, machine, bridge, at, hidden, ...wishes }: WorldOptions = {}): Promise<World> {
    const folder = at ?? mkdtempSync(join(tmpdir(), "obp-"));
    const tag = createHash("sha256").update(folder).digest("hex").slice(0, 8);
    const found = inspectMachine(hostProbe(), {
      isolation: "auto",
      network: "host",
      cgroups: "auto",
      groupName: `outboard-${tag}`,
      ...wishes,
    });
    const parts = {
      images: images ?? { mappings: [], mapAll: false },
      network: await bridge?.(folder, tag),
      hidden: hidden ?? [folder],
    };
    const world = new World(folder, machine?.(found) ?? found, parts);
    await world.runtime.start(TEST_OWNER);
    return world;
  }

  #open(): ProcessRuntime {
    const network = this.#network;
    const runtime = new ProcessRuntime({
      state: join(this.folder, "state"),
      hidden: this.#hidden,
      machine: this.machine,
      images: this.#images,
      maxPods: 10,
      ...(network === undefined ? {} : { network }),
    });
    runtime.onExit((uid, container, attempt, exit) => this.ended.push({ uid, container, attempt, exit }));
    return runtime;
  }

  /** The provider's process is gone and another one starts: only the disk tells what there is. */
  async restart(): Promise<void> {
    await this.runtime.stop();
    this.reopen();
    await this.runtime.start(TEST_OWNER);
  }

  /** A runtime that has not started. */
  reopen(): void {
    this.ended.length = 0;
    this.runtime = this.#open();
  }

  sandbox(overrides: Partial<SandboxSpec> = {}): SandboxSpec {
    return sandboxSpec(join(this.folder, "pods"), overrides);
  }

  container(sandbox: SandboxSpec, command: readonly string[], overrides: Partial<ContainerSpec> = {}): ContainerSpec {
    return containerSpec(sandbox, { image: "host", command, ...overrides });
  }

  logPath(sandbox: SandboxSpec, name: string, attempt: number): string {
    return join(sandbox.folder, "logs", name, `${String(attempt)}.log`);
  }

  /** Runs a shell text in a pod of its own until it ends. */
  async run(
    text: string,
    overrides: Partial<ContainerSpec> = {},
  ): Promise<{ readonly output: string; readonly exit: ContainerExit }> {
    const sandbox = this.sandbox();
    await this.runtime.createSandbox(sandbox);
    await this.runtime.startContainer(this.container(sandbox, ["sh", "-c", text], overrides));
    const { exit } = await this.end(sandbox.uid, overrides.name ?? "main");
    const output = this.output(sandbox, overrides.name ?? "main");
    await this.runtime.removePod(sandbox.uid);
    return { output, exit };
  }

  async end(uid: string, container = "main", attempt = 0): Promise<Ended> {
    return await eventually(() =>
      this.ended.find((one) => one.uid === uid && one.container === container && one.attempt === attempt),
    );
  }

  /** The shim's record of an instance, as it is on disk. */
  record(uid: string, name = "main", attempt = 0): InstanceRecord {
    const journal = readJournal(podPaths(join(realpathSync(this.folder), "state"), uid).journal);
    const found = journal.find((one) => one.container === name && one.attempt === attempt);
    if (found === undefined) throw new Error(`no record of ${name}`);
    return found;
  }

  /** Processes that belong to the world: they name its folder, or run in its control groups. */
  leftovers(): readonly string[] {
    return [...processesNaming(this.folder), ...groupedPods(this.machine.cgroups), ...mountsBelow(this.folder)];
  }

  /** What the container wrote, without the log's marks. */
  output(sandbox: SandboxSpec, name = "main", attempt = 0): string {
    const log = readFileSync(this.logPath(sandbox, name, attempt), "latin1");
    const lines = log.split("\n").flatMap((line) => /^\S+ std(?:out|err) ([FP]) (.*)$/s.exec(line) ?? []);
    return lines.length === 0 ? "" : log.replaceAll(/^\S+ std(?:out|err) F (.*)$/gm, "$1");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { uid } of await this.runtime.list()) await this.runtime.removePod(uid);
    await this.runtime.stop();
    removeGroupParents(this.machine.cgroups);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function processesNaming(folder: string): readonly string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && name !== String(process.pid))
    .filter((pid) => namesFolder(pid, folder))
    .map((pid) => `process ${pid}`);
}

function namesFolder(pid: string, folder: string): boolean {
  try {
    return (
      readlinkSync(`/proc/${pid}/cwd`).startsWith(folder) ||
      readFileSync(`/proc/${pid}/cmdline`, "latin1").includes(folder)
    );
  } catch {
    return false;
  }
}

function mountsBelow(folder: string): readonly string[] {
  return readFileSync("/proc/self/mountinfo", "utf8")
    .split("\n")
    .filter((line) => line.includes(folder));
}
