/** Runs postStart and preStop hooks. */
import { sleep, type Clock } from "../clock/clock.js";
import { eventTexts } from "./events.js";
import { type ActionManifest, formatPod, type HttpGetManifest } from "./manifest.js";
import type { Pod } from "./pod.js";
import { type GetError, httpGet } from "./probes/http-get.js";
import { hostPort, isPlainHttp } from "./probes/network-error.js";
import { hostOf, portNumber } from "./probes/ports.js";
import { type ExecResult, execIn } from "./probes/run-exec.js";
import { runningInstance } from "./record.js";
import type { ContainerRuntime } from "./runtime.js";

/** Runs a hook; resolves when it is done, rejects with the kubelet's text when it fails or the signal is aborted. */
export interface HookRunner {
  run(pod: Pod, container: string, hook: ActionManifest, signal: AbortSignal): Promise<void>;
}

const RETRY_MS = 1000;

/** How it ended, or whether it began, cannot be known any more. */
export class LostHook extends Error {}

/** Hooks over a runtime. */
export function createHookRunner(runtime: ContainerRuntime, clock: Clock): HookRunner {
  return {
    run: async (pod, container, hook, signal) => {
      if (hook.sleep !== undefined) return await sleep(clock, hook.sleep.seconds * 1000, signal);
      const where = `for Container "${container}" in Pod "${formatPod(pod.record)}" failed - error`;
      if (hook.exec !== undefined) return await runExec({ runtime, clock }, { pod, container, hook, where }, signal);
      if (hook.httpGet !== undefined) return await runHttp({ pod, container, hook, where }, hook.httpGet, signal);
    },
  };
}

interface Run {
  readonly pod: Pod;
  readonly container: string;
  readonly hook: ActionManifest;
  /** Middle of the text of a failure. */
  readonly where: string;
}

interface ExecTools {
  readonly runtime: ContainerRuntime;
  readonly clock: Clock;
}

/**
 * A backend that is away has begun nothing, and is asked again. The kubelet calls that a failure, but cannot end the container
 * for it: a container with a postStart hook then goes on without, and a preStop hook is run again when the backend is back.
 */
async function execBegun({ runtime, clock }: ExecTools, run: Run, signal: AbortSignal): Promise<ExecResult> {
  const { pod, container, hook } = run;
  for (;;) {
    const result = await execIn(runtime, run, hook.exec?.command ?? [], signal);
    if (result.kind !== "errored" || result.isUnbegun !== true) return result;
    await sleep(clock, RETRY_MS, signal);
    if (runningInstance(pod.record, container) === undefined) return result;
  }
}

async function runExec(tools: ExecTools, run: Run, signal: AbortSignal): Promise<void> {
  const command = run.hook.exec?.command ?? [];
  const result = await execBegun(tools, run, signal);
  signal.throwIfAborted();
  if (result.kind === "exited" && result.exitCode === 0) return;
  const output = result.kind === "exited" ? result.output : "";
  const why =
    result.kind === "exited"
      ? `command '${command.join(" ")}' exited with ${result.exitCode}: ${result.stderr}`
      : result.kind === "errored"
        ? result.text
        : "timed out";
  const text = `Exec lifecycle hook ([${command.join(" ")}]) ${run.where}: ${why}, message: ${JSON.stringify(output)}`;
  const isUnknown = result.kind === "errored" && (result.isLost === true || result.isUnbegun === true);
  throw isUnknown ? new LostHook(text) : new Error(text);
}

/** Any answer will do, whatever its status. */
async function runHttp(run: Run, get: HttpGetManifest, signal: AbortSignal): Promise<void> {
  try {
    await ask(run, get, signal);
  } catch (error) {
    signal.throwIfAborted();
    const why = error instanceof Error ? error.message : "unknown error";
    throw new Error(`HTTP lifecycle hook (${get.path ?? ""}) ${run.where}: ${why}`, { cause: error });
  }
}

/** A server that speaks without TLS is asked again without it. */
async function ask({ pod, container }: Run, get: HttpGetManifest, signal: AbortSignal): Promise<void> {
  const address = { host: hostOf(pod, get.host), port: portNumber(get.port, pod.container(container)?.container) };
  try {
    await httpGet(get, address, "lifecycle", signal);
  } catch (error) {
    if (get.scheme !== "HTTPS" || !isPlainHttp((error as GetError).cause ?? error)) throw error;
    const secretless = (get.httpHeaders ?? []).filter(({ name }) => name.toLowerCase() !== "authorization");
    await httpGet({ ...get, scheme: "HTTP", httpHeaders: secretless }, address, "lifecycle", signal);
    pod.event("", eventTexts.hookFallback(hostPort(address)));
  }
}
