/** What the runtime is and can, asked once at the start: everything that is declared follows from it. */
import { sleep, type Clock } from "@outboard/provider-sdk";
import { DEADLINES, type CriClient } from "../client/cri-client.js";
import { isUnimplemented } from "../client/errors.js";
import { CgroupDriver as Driver, type RuntimeHandler } from "../gen/runtime/v1/api.js";
import type { CgroupDriver } from "../machine/pod-group.js";

export interface RuntimeFacts {
  /** "containerd", "cri-o". */
  readonly name: string;
  readonly version: string;
  /** Empty: the runtime does not tell. Name "" is the default one. */
  readonly handlers: readonly RuntimeHandler[];
  readonly supplementalGroupsPolicy: boolean | undefined;
  /** Undefined: the runtime does not tell. */
  readonly cgroupDriver: CgroupDriver | undefined;
}

const PAUSE_MS = 500;

/** Waits for a runtime that is not there yet. Rejects with its last answer when the time is up. */
export async function probeRuntime(client: CriClient, clock: Clock, patienceMs: number): Promise<RuntimeFacts> {
  const giveUpAt = clock.now() + patienceMs;
  const signal = new AbortController().signal;
  for (;;) {
    try {
      return await ask(client, signal);
    } catch (error) {
      if (isUnimplemented(error) || clock.now() >= giveUpAt) throw error;
      await sleep(clock, PAUSE_MS, signal);
    }
  }
}

async function ask({ runtime }: CriClient, signal: AbortSignal): Promise<RuntimeFacts> {
  const options = { signal, deadlineMs: DEADLINES.quick };
  const { runtimeName, runtimeVersion } = await runtime.version({ version: "" }, options);
  const { runtimeHandlers, features } = await runtime.status({ verbose: false }, options);
  return {
    name: runtimeName,
    version: runtimeVersion,
    handlers: runtimeHandlers,
    supplementalGroupsPolicy: features?.supplementalGroupsPolicy,
    cgroupDriver: await askDriver(runtime, signal),
  };
}

async function askDriver(runtime: CriClient["runtime"], signal: AbortSignal): Promise<CgroupDriver | undefined> {
  try {
    const { linux } = await runtime.runtimeConfig({}, { signal, deadlineMs: DEADLINES.quick });
    if (linux === undefined) return undefined;
    return linux.cgroupDriver === Driver.SYSTEMD ? "systemd" : "cgroupfs";
  } catch (error) {
    if (isUnimplemented(error)) return undefined;
    throw error;
  }
}

/** Whether what lies below a read-only mount can be read-only too. */
export function hasRecursiveReadOnly({ handlers }: RuntimeFacts, handler: string): boolean {
  return handlers.some(({ name, features }) => name === handler && features?.recursiveReadOnlyMounts === true);
}
