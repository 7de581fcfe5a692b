/** Keeps the log files of running instances below a size: full ones are renamed, the oldest removed. */
import { rename, rm } from "node:fs/promises";
import { describeError } from "../../errors.js";
import { logPathOf } from "../ending.js";
import type { EngineContext, Pod } from "../pod.js";
import { runningInstance } from "../record.js";
import { rotatedNumbers, rotatedPath, sizeOf } from "./files.js";

/** When to rotate, and how much to keep. */
export interface RotationLimits {
  readonly rotateBytes: number;
  /** Files per instance, the one being written included. */
  readonly files: number;
}

const CHECK_MS = 10_000;

/** See the head of this file. */
export class LogRotation {
  readonly #context: EngineContext;
  readonly #pods: () => readonly Pod[];
  readonly #limits: RotationLimits;
  #cancel: () => void;
  #isClosed = false;

  constructor(context: EngineContext, pods: () => readonly Pod[], limits: RotationLimits) {
    this.#context = context;
    this.#pods = pods;
    this.#limits = limits;
    this.#cancel = this.#arm();
  }

  close(): void {
    this.#isClosed = true;
    this.#cancel();
  }

  #arm(): () => void {
    return this.#context.clock.after(CHECK_MS, () => void this.#check());
  }

  async #check(): Promise<void> {
    for (const pod of this.#pods()) await this.#checkPod(pod);
    if (!this.#isClosed) this.#cancel = this.#arm();
  }

  async #checkPod(pod: Pod): Promise<void> {
    const { runtime, logger } = this.#context;
    if (runtime.reopenLog === undefined) return;
    for (const name of pod.record.containers.keys()) {
      const attempt = runningInstance(pod.record, name)?.attempt;
      if (attempt === undefined) continue;
      try {
        const reopen = async (): Promise<void> => await runtime.reopenLog?.(pod.uid, name, attempt);
        await rotateLog(logPathOf(pod.folder, name, attempt), this.#limits, reopen);
      } catch (err) {
        logger.warn({ err: describeError(err), uid: pod.uid, container: name }, "log not rotated");
      }
    }
  }
}

/** Rotates one log if it is full. */
export async function rotateLog(logPath: string, limits: RotationLimits, reopen: () => Promise<void>): Promise<void> {
  if (((await sizeOf(logPath)) ?? 0) < limits.rotateBytes) return;
  const full = await rotatedNumbers(logPath);
  const next = rotatedPath(logPath, (full.at(-1) ?? 0) + 1);
  await rename(logPath, next);
  try {
    await reopen();
  } catch (error) {
    await rename(next, logPath);
    throw error;
  }
  const excess = full.slice(0, Math.max(0, full.length + 2 - limits.files));
  for (const number of excess) await rm(rotatedPath(logPath, number), { force: true });
}
