/** Runs a command in a container for a probe or hook, and keeps the first 10 KiB of what it prints. */
import type { Pod } from "../pod.js";
import { orAborted } from "../or-aborted.js";
import type { ContainerRuntime, SessionExit, SessionIO } from "../runtime.js";

const LONGEST_OUTPUT_BYTES = 10 * 1024;

/** Which container. */
export interface CheckTarget {
  readonly pod: Pod;
  readonly container: string;
}

/** How a command ended. */
export type ExecResult =
  | { readonly kind: "exited"; readonly exitCode: number; readonly output: string; readonly stderr: string }
  | { readonly kind: "timed-out" }
  /** It could not be run, or its end is not known. */
  | { readonly kind: "errored"; readonly text: string; readonly isLost?: true; readonly isUnbegun?: true };

/** Runs it; the signal is aborted when its time is up. */
export async function execIn(
  runtime: ContainerRuntime,
  { pod, container }: CheckTarget,
  command: readonly string[],
  signal: AbortSignal,
): Promise<ExecResult> {
  const attempt = pod.record.containers.get(container)?.current?.attempt;
  if (runtime.exec === undefined || attempt === undefined) {
    return { kind: "errored", text: "the command cannot be run" };
  }
  const output = new OutputCollector();
  try {
    const exit = await orAborted(runtime.exec(pod.uid, container, attempt, command, output.io, signal), signal);
    const exitCode = exit.exitCode ?? (exit.signal === undefined ? undefined : 128 + exit.signal);
    if (exitCode === undefined) return withoutCode(exit);
    return { kind: "exited", exitCode, output: exit.error ?? output.text(), stderr: output.stderr() };
  } catch (error) {
    return failed(error, signal);
  }
}

/** Runs a probe's command, without a session where the runtime can. */
export async function probeIn(
  runtime: ContainerRuntime,
  target: CheckTarget,
  command: readonly string[],
  time: { readonly seconds: number; readonly signal: AbortSignal },
): Promise<ExecResult> {
  const { pod, container } = target;
  const attempt = pod.record.containers.get(container)?.current?.attempt;
  if (runtime.run === undefined || attempt === undefined) return await execIn(runtime, target, command, time.signal);
  try {
    const end = await orAborted(runtime.run(pod.uid, container, attempt, command, time), time.signal);
    if (end === undefined) return { kind: "timed-out" };
    const output = new OutputCollector();
    await output.io.stdout(end.stdout);
    await output.io.stderr(end.stderr);
    return { kind: "exited", exitCode: end.exitCode, output: output.text(), stderr: output.stderr() };
  } catch (error) {
    return failed(error, time.signal);
  }
}

function failed(error: unknown, signal: AbortSignal): ExecResult {
  if (signal.aborted) return { kind: "timed-out" };
  return { kind: "errored", text: error instanceof Error ? error.message : "unknown error" };
}

function withoutCode(exit: SessionExit): ExecResult {
  const { isLost, isUnbegun, error = "its end is not known", plainError = error } = exit;
  return { kind: "errored", text: plainError, ...(isLost && { isLost }), ...(isUnbegun && { isUnbegun }) };
}

/** Standard output and error together, as far as they are short. */
class OutputCollector {
  readonly #chunks: { readonly bytes: Uint8Array; readonly isError: boolean }[] = [];
  #length = 0;
  readonly io: SessionIO = {
    stdout: async (bytes) => await this.#add(bytes, false),
    stderr: async (bytes) => await this.#add(bytes, true),
  };

  async #add(bytes: Uint8Array, isError: boolean): Promise<void> {
    const kept = bytes.slice(0, Math.max(0, LONGEST_OUTPUT_BYTES - this.#length));
    this.#chunks.push({ bytes: kept, isError });
    this.#length += kept.length;
    return await Promise.resolve();
  }

  text(): string {
    return Buffer.concat(this.#chunks.map(({ bytes }) => bytes)).toString("utf8");
  }

  stderr(): string {
    return Buffer.concat(this.#chunks.flatMap(({ bytes, isError }) => (isError ? [bytes] : []))).toString("utf8");
  }
}
