/** Runs postStart and preStop hooks. */
import { sleep, type Clock } from "../clock/clock.js";
import { runExec, runHttp } from "./probes/check.js";
import type { ActionManifest } from "./manifest.js";
import type { Pod } from "./pod.js";
import type { ContainerRuntime } from "./runtime.js";

/** Runs a hook; resolves when it is done, rejects when it fails or the signal is aborted. */
export interface HookRunner {
  run(pod: Pod, container: string, hook: ActionManifest, signal: AbortSignal): Promise<void>;
}

/** Hooks over a runtime. */
export function createHookRunner(runtime: ContainerRuntime, clock: Clock): HookRunner {
  return {
    run: async (pod, container, hook, signal) => {
      if (hook.sleep !== undefined) return await sleep(clock, hook.sleep.seconds * 1000, signal);
      const result =
        hook.exec === undefined
          ? await runHttp(pod, container, hook, signal)
          : await runExec(runtime, { pod, container, command: hook.exec.command ?? [] }, signal);
      signal.throwIfAborted();
      if (!result.isOk) throw new Error(result.output);
    },
  };
}
