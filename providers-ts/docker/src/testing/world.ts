/** A docker provider's runtime over a real engine, for tests: one runtime at a time, and a look at what is left. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ContainerExit, type ContainerSpec, type SandboxSpec, SystemClock } from "@outboard/provider-sdk";
import { containerSpec, type Ended, eventually, sandboxSpec, TEST_OWNER } from "@outboard/provider-sdk/testing";
import { BUSYBOX_IMAGE, type DockerRuntime as Engine } from "@outboard/runtimes";
import { DockerRuntime } from "../runtime/docker-runtime.js";

export class World implements AsyncDisposable {
  readonly folder: string = mkdtempSync(join(tmpdir(), "obd-"));
  readonly ended: Ended[] = [];
  readonly engine: Engine;
  runtime: DockerRuntime;

  private constructor(engine: Engine) {
    this.engine = engine;
    this.runtime = this.#open();
  }

  static async open(engine: Engine): Promise<World> {
    const world = new World(engine);
    await world.runtime.start(TEST_OWNER);
    await world.runtime.ensureImage(BUSYBOX_IMAGE, "IfNotPresent", [], new AbortController().signal);
    return world;
  }

  #open(): DockerRuntime {
    const clock = new SystemClock();
    const runtime = new DockerRuntime({
      socketPath: this.engine.socket,
      state: this.folder,
      network: "bridge",
      maxPods: 10,
      clock,
    });
    runtime.onExit((uid, container, attempt, exit) => this.ended.push({ uid, container, attempt, exit }));
    return runtime;
  }

  /** The provider's process is gone and another one starts: only the engine tells what there is. */
  async restart(): Promise<void> {
    await this.runtime.stop();
    await this.begin();
  }

  /** A runtime over what there is, without a look at the one before. */
  async begin(): Promise<void> {
    this.ended.length = 0;
    this.runtime = this.#open();
    await this.runtime.start(TEST_OWNER);
  }

  sandbox(overrides: Partial<SandboxSpec> = {}): SandboxSpec {
    return sandboxSpec(join(this.folder, "pods"), overrides);
  }

  /** Makes a pod's sandbox. */
  async pod(overrides: Partial<SandboxSpec> = {}): Promise<SandboxSpec & { readonly sandboxId: string }> {
    const spec = this.sandbox(overrides);
    const { id } = await this.runtime.createSandbox(spec);
    return { ...spec, sandboxId: id };
  }

  container(
    pod: SandboxSpec & { readonly sandboxId: string },
    text: string,
    overrides: Partial<ContainerSpec> = {},
  ): ContainerSpec {
    const { sandboxId } = pod;
    return containerSpec(pod, { sandboxId, image: BUSYBOX_IMAGE, command: ["sh", "-c", text], ...overrides });
  }

  /** Runs a shell text in a pod of its own until it ends. */
  async run(
    text: string,
    overrides: Partial<ContainerSpec> = {},
    podOverrides: Partial<SandboxSpec> = {},
  ): Promise<{ readonly output: string; readonly exit: ContainerExit }> {
    const pod = await this.pod(podOverrides);
    await this.runtime.startContainer(this.container(pod, text, overrides));
    const { exit } = await this.end(pod.uid, overrides.name ?? "main");
    const output = this.output(pod, overrides.name ?? "main");
    await this.runtime.removePod(pod.uid);
    return { output, exit };
  }

  async end(uid: string, container = "main", attempt = 0): Promise<Ended> {
    return await eventually(() =>
      this.ended.find((one) => one.uid === uid && one.container === container && one.attempt === attempt),
    );
  }

  /** The log file's lines. */
  log(pod: SandboxSpec, name = "main", attempt = 0): readonly string[] {
    return readFileSync(logPathOf(pod, name, attempt), "utf8")
      .split("\n")
      .slice(0, -1);
  }

  /** What the container wrote, without the log's marks. */
  output(pod: SandboxSpec, name = "main", attempt = 0): string {
    const parts = this.log(pod, name, attempt).map((line) => {
      const [, mark, text] = /^\S+ std(?:out|err) ([FP]) (.*)$/s.exec(line) ?? [];
      return mark === undefined ? `damaged: ${line}` : `${text ?? ""}${mark === "F" ? "\n" : ""}`;
    });
    return parts.join("").replace(/\n$/, "");
  }

  /** Names of all containers that the engine has. */
  async containers(): Promise<readonly string[]> {
    const text = await this.engine.command("ps", "--all", "--format", "{{.Names}}");
    return text.split("\n").filter((name) => name !== "");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { uid } of await this.runtime.list()) await this.runtime.removePod(uid);
    await this.runtime.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export function logPathOf(pod: SandboxSpec, name = "main", attempt = 0): string {
  return join(pod.folder, "logs", name, `${String(attempt)}.log`);
}
