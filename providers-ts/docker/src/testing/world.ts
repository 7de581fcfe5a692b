/** A docker provider's runtime over a real engine, for tests: one runtime at a time, and a look at what is left. */
import { randomUUID } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import {
  type ContainerExit,
  type ContainerSpec,
  type Owner,
  type SandboxSpec,
  type SessionIO,
  SystemClock,
} from "@outboard/provider-sdk";
import { BUSYBOX_IMAGE, type DockerRuntime as Engine } from "@outboard/runtimes";
import { DockerRuntime } from "../runtime/docker-runtime.js";
import { eventually } from "./eventually.js";

export const OWNER: Owner = { clusterId: "test", nodeName: "node" };

export interface Ended {
  readonly uid: string;
  readonly container: string;
  readonly attempt: number;
  readonly exit: ContainerExit;
}

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
    await world.runtime.start(OWNER);
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
    await this.runtime.start(OWNER);
  }

  sandbox(overrides: Partial<SandboxSpec> = {}): SandboxSpec {
    const uid = overrides.uid ?? randomUUID();
    const folder = join(this.folder, "pods", uid);
    mkdirSync(folder, { recursive: true });
    return {
      uid,
      namespace: "default",
      name: "pod",
      folder,
      hostname: "pod-host",
      hostNetwork: false,
      shareProcessNamespace: false,
      runtimeHandler: "",
      manifest: {},
      hostsFile: (ips) => `127.0.0.1\tlocalhost\n${ips.map((ip) => `${ip}\tpod-host\n`).join("")}`,
      ...overrides,
    };
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
    const name = overrides.name ?? "main";
    const attempt = overrides.attempt ?? 0;
    const message = join(pod.folder, `message-${name}-${String(attempt)}`);
    writeFileSync(message, "");
    chmodSync(message, 0o666);
    const logPath = logPathOf(pod, name, attempt);
    mkdirSync(dirname(logPath), { recursive: true });
    return {
      uid: pod.uid,
      sandboxId: pod.sandboxId,
      name,
      kind: "main",
      attempt,
      image: BUSYBOX_IMAGE,
      command: ["sh", "-c", text],
      args: [],
      env: [],
      workingDir: "",
      mounts: [],
      logPath,
      stopSignal: "",
      terminationMessageFile: message,
      terminationMessagePath: "/dev/termination-log",
      tty: false,
      stdin: false,
      stdinOnce: false,
      securityContext: {},
      manifest: {},
      ...overrides,
    };
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

/** Streams of a session that collect what comes. */
export function collectIO(
  input?: AsyncIterable<Uint8Array>,
): SessionIO & { readonly text: () => { readonly out: string; readonly err: string } } {
  const out: Uint8Array[] = [];
  const err: Uint8Array[] = [];
  return {
    ...(input === undefined ? {} : { stdin: input }),
    stdout: (bytes) => Promise.resolve(void out.push(Buffer.from(bytes))),
    stderr: (bytes) => Promise.resolve(void err.push(Buffer.from(bytes))),
    text: () => ({ out: Buffer.concat(out).toString(), err: Buffer.concat(err).toString() }),
  };
}
