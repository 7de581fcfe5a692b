/** The shim's socket: reads one request per connection and answers it. */
import { dirname } from "node:path";
import { connect, createServer, type Server, type Socket } from "node:net";
import { Instance } from "./instance.js";
import { LaunchError } from "./launch.js";
import { removeGroup } from "./processes.js";
import {
  SHIM_VERSION,
  type ExitRecord,
  type Hello,
  type InstanceRecord,
  type ShimAnswer,
  type ShimRequest,
  type StartOrder,
} from "./protocol.js";
import { type Journal, instanceKey } from "./records.js";
import { runAttach, runExec, startExec } from "./session.js";
import { readUsage } from "./usage.js";

const NEWLINE = 0x0a;

export class ShimServer {
  readonly #journal: Journal;
  readonly #running = new Map<string, Instance>();
  readonly #records = new Map<string, InstanceRecord>();
  readonly #watchers = new Set<Socket>();
  readonly #starting = new Set<Promise<unknown>>();
  readonly #server: Server;
  #ending = false;

  /** The pod is over and its last answer is sent. */
  readonly #onEnd: () => void;

  constructor(journal: Journal, onEnd: () => void) {
    this.#journal = journal;
    this.#onEnd = onEnd;
    this.#server = createServer({ allowHalfOpen: true }, (socket) => this.#accept(socket));
  }

  listen(path: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(path, resolve);
    });
  }

  #accept(socket: Socket): void {
    let text = Buffer.alloc(0);
    socket.on("error", () => socket.destroy());
    const onData = (bytes: Buffer): void => {
      text = Buffer.concat([text, bytes]);
      const end = text.indexOf(NEWLINE);
      if (end < 0) return;
      socket.off("data", onData);
      socket.pause();
      const request = JSON.parse(text.subarray(0, end).toString()) as ShimRequest;
      this.#handle(socket, request, text.subarray(end + 1)).catch((error: unknown) => answerError(socket, error));
    };
    socket.on("data", onData);
  }

  async #handle(socket: Socket, request: ShimRequest, head: Buffer): Promise<void> {
    // Only a forwarded connection knows half a close; for all others the client is gone.
    if (request.op !== "dial") socket.once("end", () => socket.destroy());
    switch (request.op) {
      case "exec": {
        const launched = await startExec(request, this.#find(request));
        answer(socket, { kind: "ok", value: null });
        return await runExec(socket, head, request, launched);
      }
      case "attach": {
        const instance = this.#find(request);
        answer(socket, { kind: "ok", value: null });
        return runAttach(socket, head, request, instance);
      }
      case "dial":
        return dial(socket, head, request.port);
      case "watch":
        return this.#watch(socket);
      default:
        answer(socket, { kind: "ok", value: await this.#command(request) });
        socket.end(() => {
          if (request.op === "end") this.#onEnd();
        });
    }
  }

  async #command(
    request: Extract<ShimRequest, { op: "hello" | "start" | "stop" | "forget" | "reopen" | "list" | "usage" | "end" }>,
  ): Promise<unknown> {
    switch (request.op) {
      case "hello":
        return { version: SHIM_VERSION } satisfies Hello;
      case "start":
        return await this.#start(request.order);
      case "stop": {
        const instance = this.#running.get(instanceKey(request));
        instance?.stop(request.signal, request.graceMs);
        await instance?.ended;
        return this.#records.get(instanceKey(request)) ?? null;
      }
      case "forget":
        return this.#forget(request);
      case "reopen":
        return this.#find(request).reopenLog();
      case "list":
        return [...this.#records.values()];
      case "usage":
        return [...this.#running.values()].map(({ record, order }) =>
          readUsage(record.container, record.pid, order.cgroups),
        );
      case "end":
        return await this.#end();
    }
  }

  async #start(order: StartOrder): Promise<InstanceRecord> {
    const known = this.#records.get(instanceKey(order));
    if (known !== undefined) return known;
    if (this.#ending) throw new LaunchError("CreateContainerError", "the pod is ending");
    this.#makeRoom(order);
    const started = Instance.start(order);
    this.#starting.add(started);
    try {
      const instance = await started;
      this.#keep({ kind: "started", record: instance.record });
      this.#running.set(instanceKey(order), instance);
      void instance.ended.then((exit) => this.#ended(instance.record, exit));
      return instance.record;
    } finally {
      this.#starting.delete(started);
    }
  }

  /** Without room for its end nothing is started. */
  #makeRoom({ facts }: StartOrder): void {
    try {
      this.#journal.reserve(facts);
    } catch {
      throw new LaunchError("CreateContainerError", "the disk has no room to keep the container's exit code");
    }
  }

  #keep(line: { readonly kind: "started"; readonly record: InstanceRecord }): void {
    this.#journal.append(line);
    this.#records.set(instanceKey(line.record), line.record);
  }

  #ended(record: InstanceRecord, exit: ExitRecord): void {
    const { container, attempt } = record;
    const ended = { ...record, exit };
    this.#journal.append({ kind: "ended", container, attempt, exit });
    this.#running.delete(instanceKey(record));
    this.#records.set(instanceKey(record), ended);
    for (const watcher of this.#watchers) watcher.write(`${JSON.stringify(ended)}\n`);
  }

  #forget(request: { readonly container: string; readonly attempt: number }): null {
    const key = instanceKey(request);
    if (this.#running.has(key)) throw new LaunchError("Running", "the instance still runs");
    if (!this.#records.delete(key)) return null;
    this.#journal.append({ kind: "forgotten", container: request.container, attempt: request.attempt });
    return null;
  }

  #watch(socket: Socket): void {
    answer(socket, { kind: "ok", value: null });
    for (const record of this.#records.values()) {
      if (record.exit !== undefined) socket.write(`${JSON.stringify(record)}\n`);
    }
    this.#watchers.add(socket);
    socket.once("close", () => this.#watchers.delete(socket));
    socket.resume();
  }

  #find(request: { readonly container: string; readonly attempt: number }): Instance {
    const instance = this.#running.get(instanceKey(request));
    if (instance === undefined) throw new LaunchError("NotRunning", `container ${request.container} is not running`);
    return instance;
  }

  /** The pod's folder was taken away: nobody will ever ask for it again. */
  async abandon(): Promise<void> {
    const groups = [...this.#running.values()].flatMap(({ order }) => order.cgroups);
    await this.#end();
    for (const folder of groups.flatMap((group) => [dirname(group), dirname(dirname(group))])) removeGroup(folder);
    this.#onEnd();
  }

  async #end(): Promise<null> {
    this.#ending = true;
    await Promise.allSettled(this.#starting);
    await Promise.all(
      [...this.#running.values()].map((instance) => {
        instance.kill();
        return instance.ended;
      }),
    );
    return null;
  }
}

function dial(socket: Socket, head: Buffer, port: number): void {
  const target = connect({ host: "127.0.0.1", port, allowHalfOpen: true });
  target.once("connect", () => {
    target.off("error", refuse);
    answer(socket, { kind: "ok", value: null });
    target.write(head);
    target.on("error", () => socket.destroy());
    socket.on("close", () => target.destroy());
    socket.pipe(target).pipe(socket);
  });
  const refuse = (error: Error): void => answerError(socket, error);
  target.once("error", refuse);
}

function answer(socket: Socket, value: ShimAnswer): void {
  socket.write(`${JSON.stringify(value)}\n`);
}

function answerError(socket: Socket, error: unknown): void {
  const reason = error instanceof LaunchError ? error.reason : "ShimError";
  const message = error instanceof Error ? error.message : "the shim failed";
  answer(socket, { kind: "failed", reason, message });
  socket.end();
}
