/** One running instance of a container: its processes, its log, its end. */
import { rmSync } from "node:fs";
import { constants } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import type { Socket } from "node:net";
import { CriLog, type LogStream } from "./cri-log.js";
import { firstProcess, launch, type EndStatus, type Launched } from "./launch.js";
import { killGroup, processFacts, processTree, removeGroup, sendSignal, signalNumber } from "./processes.js";
import type { ExitRecord, InstanceRecord, StartOrder } from "./protocol.js";
import { memoryKills } from "./usage.js";

/** After the end, output is awaited as long as it flows; a quiet pipe held open by a stray process is given up. */
const QUIET_MS = 500;

export type OutputListener = (stream: LogStream, bytes: Buffer) => void;

export class Instance {
  readonly order: StartOrder;
  readonly record: InstanceRecord;
  /** Resolves when nothing of it runs and its log is complete. */
  readonly ended: Promise<ExitRecord>;
  readonly #launched: Launched;
  readonly #log: CriLog;
  readonly #listeners = new Set<OutputListener>();
  #killTimer: NodeJS.Timeout | undefined;
  #killAt = Number.POSITIVE_INFINITY;
  #signalled = false;

  private constructor(order: StartOrder, launched: Launched, log: CriLog) {
    this.order = order;
    this.#launched = launched;
    this.#log = log;
    const pid = firstProcess(launched.pid, order.nested);
    this.record = {
      container: order.container,
      attempt: order.attempt,
      id: order.id,
      startedAt: Date.now(),
      pid,
      startTicks: processFacts(pid)?.startTicks ?? 0,
      facts: order.facts,
    };
    const drained = [this.#pump("stdout", launched.stdout)];
    if (launched.stderr !== undefined) drained.push(this.#pump("stderr", launched.stderr));
    this.ended = this.#finish(drained);
  }

  /** Rejects with a LaunchError; then nothing of the instance is left. */
  static async start(order: StartOrder): Promise<Instance> {
    try {
      const script = Buffer.from(order.script, "base64");
      const { argv, stdin, tty, uid, gid } = order;
      const launched = await launch({ argv, script, stdin, tty, owner: { uid, gid }, confirmed: true });
      return new Instance(order, launched, new CriLog(order.logPath));
    } catch (error) {
      await removeLeftovers(order);
      throw error;
    }
  }

  get stdin(): NodeJS.WritableStream | undefined {
    return this.#launched.stdin;
  }

  /** Output from now on; call the result to stop. */
  listen(listener: OutputListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  reopenLog(): void {
    this.#log.reopen();
  }

  /** Signals the first process, once; kills everything at the earliest end of grace asked for. */
  stop(signal: string, graceMs: number): void {
    const at = Date.now() + graceMs;
    if (graceMs > 0 && !this.#signalled) {
      this.#signalled = true;
      sendSignal(this.record.pid, signalNumber(signal) ?? constants.signals.SIGTERM);
    }
    if (at >= this.#killAt) return;
    this.#killAt = at;
    clearTimeout(this.#killTimer);
    if (graceMs <= 0) this.kill();
    else this.#killTimer = setTimeout(() => this.kill(), graceMs);
  }

  kill(): void {
    for (const group of this.order.cgroups) killGroup(group);
    sendSignal(this.record.pid, constants.signals.SIGKILL);
    if (this.order.nested) return;
    for (const { pid } of processTree(this.#launched.pid)) sendSignal(pid, constants.signals.SIGKILL);
  }

  #pump(stream: LogStream, source: Socket): Promise<void> {
    source.on("data", (bytes: Buffer) => {
      this.#log.write(stream, bytes);
      for (const listener of this.#listeners) listener(stream, bytes);
    });
    return drain(source, this.#launched.ended);
  }

  async #finish(drained: readonly Promise<void>[]): Promise<ExitRecord> {
    const status = await this.#launched.ended;
    clearTimeout(this.#killTimer);
    // The pod's processes end with the first one, as in a process namespace.
    this.kill();
    await Promise.all(drained);
    this.#log.flush("stdout");
    this.#log.flush("stderr");
    this.#log.close();
    const exit = toExit(status, memoryKills(this.order.cgroups) > 0);
    await removeLeftovers(this.order);
    return exit;
  }
}

/** Waits for the end of a stream; after the program's end no longer than it is busy. */
export async function drain(source: Socket, ended: Promise<unknown>): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    source.once("end", resolve);
    source.once("close", resolve);
  });
  await Promise.race([closed, ended.then(() => quiet(source, closed))]);
  source.destroy();
}

async function quiet(source: Socket, closed: Promise<void>): Promise<void> {
  const isOver = closed.then(() => true);
  for (let before = -1; before !== source.bytesRead || source.isPaused(); ) {
    before = source.bytesRead;
    if (await Promise.race([isOver, delay(QUIET_MS, false)])) return;
  }
}

function toExit(status: EndStatus, outOfMemory: boolean): ExitRecord {
  const finishedAt = status.at;
  if (status.signal !== null) {
    const exitCode = 128 + constants.signals[status.signal];
    return { exitCode, reason: outOfMemory ? "OOMKilled" : "", finishedAt };
  }
  if (status.code === null) return { reason: "ContainerStatusUnknown", finishedAt };
  return { exitCode: status.code, reason: outOfMemory && status.code !== 0 ? "OOMKilled" : "", finishedAt };
}

async function removeLeftovers({ cgroups, scratch }: StartOrder): Promise<void> {
  for (let tries = 0; tries < 100; tries += 1) {
    if (cgroups.map((group) => removeGroup(group)).every(Boolean)) break;
    for (const group of cgroups) killGroup(group);
    await delay(10);
  }
  for (const folder of scratch) rmSync(folder, { recursive: true, force: true });
}
