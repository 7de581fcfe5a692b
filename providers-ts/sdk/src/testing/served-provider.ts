/** A provider's program as a process of its own: for tests that kill it and start it again. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually } from "./eventually.js";
import { TestGateway } from "./test-gateway.js";

/** How the program is run. */
export interface ServedOptions {
  /** Path of the program, for node. */
  readonly binary: string;
  /** Flags besides --listen, --state and --log-level. */
  readonly flags: readonly string[];
}

/** One provider with one state folder, over several lives of its process. */
export class ServedProvider implements AsyncDisposable {
  /** Temporary; gone at the end. */
  readonly folder: string = mkdtempSync(join(tmpdir(), "served-"));
  readonly state: string = join(this.folder, "state");
  readonly #socket = join(this.folder, "s/p.sock");
  readonly #options: ServedOptions;
  #child: ChildProcess | undefined;
  #instances = 0;

  private constructor(options: ServedOptions) {
    this.#options = options;
  }

  /** Runs the program in a new folder. Resolves once it listens. */
  static async start(options: ServedOptions): Promise<ServedProvider> {
    const provider = new ServedProvider(options);
    await provider.start();
    return provider;
  }

  /** What a container's instance printed, without the log's marks; "" before there is a log. */
  output(uid: string, container: string, attempt = 0): string {
    const path = join(this.state, "engine/pods", uid, "logs", container, `${String(attempt)}.log`);
    if (!existsSync(path)) return "";
    return readFileSync(path, "utf8").replaceAll(/^\S+ std(?:out|err) F /gm, "");
  }

  /** The engine's record says so: seen without any gateway. */
  hasEnded(uid: string): boolean {
    const folder = join(this.state, "engine/pods", uid);
    // A record that is being replaced has its temporary name for a moment, and may take its own between two looks.
    const names = ["record.json", ".record.json.new", "record.json"];
    const file =
      names.map((name) => join(folder, name)).find((path) => existsSync(path)) ?? join(folder, "record.json");
    return (JSON.parse(readFileSync(file, "utf8")) as { readonly ended: boolean }).ended;
  }

  /** Runs the program again after end(). Resolves once it listens. */
  async start(): Promise<void> {
    rmSync(this.#socket, { force: true });
    const { binary, flags } = this.#options;
    const own = ["--listen", `unix://${this.#socket}`, "--state", this.state, "--log-level", "fatal"];
    this.#child = spawn(process.execPath, [binary, ...own, ...flags], { stdio: ["ignore", 2, 2] });
    await eventually(async () => await accepts(this.#socket));
  }

  /** Resolves with the exit code, null after KILL. */
  async end(signal: "SIGKILL" | "SIGTERM"): Promise<number | null> {
    const child = this.#child;
    if (child === undefined) return null;
    this.#child = undefined;
    const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
    child.kill(signal);
    return await ended;
  }

  /** Shakes hands as a gateway process that is newer than all before. */
  async gateway(nodeName = "node"): Promise<TestGateway> {
    const gateway = new TestGateway(this.#socket);
    try {
      await gateway.shakeHands(nodeName, ++this.#instances);
      return gateway;
    } catch (error) {
      gateway[Symbol.dispose]();
      throw error;
    }
  }

  /** Removes every pod that is left, then the provider and its folder. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child === undefined) await this.start();
    using gateway = await this.gateway();
    await gateway.removeAll();
    await this.end("SIGTERM");
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The socket's file is there a moment before anybody listens. */
async function accepts(path: string): Promise<boolean> {
  const socket = connect(path);
  const said = await new Promise<boolean>((resolve) => {
    socket.once("connect", () => resolve(true));
    socket.once("error", () => resolve(false));
  });
  socket.destroy();
  return said;
}
