/** How a simulated pod behaves, read from its annotations. The README lists them. */
import type { PodManifest } from "@outboard/provider-sdk";

const PREFIX = "memory.outboard.dev/";

/** Behaviour of one container. Lists hold a value per instance; the last one repeats. */
export interface ContainerScript {
  /** How long an instance runs, milliseconds. Empty: for ever. */
  readonly runMs: readonly number[];
  readonly exitCodes: readonly number[];
  /** Reason of an end by itself, for example OOMKilled. Empty: Completed or Error. */
  readonly exitReason: string;
  /** Termination message. */
  readonly exitMessage: string;
  /** Time from TERM to the end, milliseconds; beyond the grace period the instance is killed. */
  readonly termMs: number;
  /** Exit code after TERM. */
  readonly termExitCode: number;
  readonly pullMs: number;
  /** Waiting reason of a start that fails. Empty: starts work. */
  readonly failStart: string;
  /** So many starts fail. */
  readonly failStartTimes: number;
  /** Lines that each instance writes at its start. */
  readonly logLines: number;
  /** Time between further lines, milliseconds. 0: none. */
  readonly logIntervalMs: number;
  /** Text of a line. Empty: one with the container's name and the line's number. */
  readonly logText: string;
}

/** Behaviour of one pod. */
export interface PodScript {
  /** Time until the sandbox is ready, milliseconds, beside the provider's own. */
  readonly startMs: number;
  readonly neverStart: boolean;
  /** "refuse": CreatePod is refused. A number: it waits so long with OutOfCapacity. Undefined: there is room. */
  readonly outOfCapacity: "refuse" | number | undefined;
  /** When the backend loses it, milliseconds after its start. */
  readonly loseMs: number | undefined;
  /** When the backend takes it back, milliseconds after its start. */
  readonly reclaimMs: number | undefined;
}

/** Reads the pod's own annotations. */
export function readPodScript(manifest: PodManifest): PodScript {
  const read = annotationsOf(manifest, undefined);
  const capacity = read("out-of-capacity");
  return {
    startMs: number(read("start-ms")) ?? 0,
    neverStart: read("never-start") === "true",
    outOfCapacity: capacity === "refuse" ? "refuse" : number(capacity),
    loseMs: number(read("lose-ms")),
    reclaimMs: number(read("reclaim-ms")),
  };
}

/** Reads the annotations for one container; without any, an init container ends with 0 at once, others run for ever. */
export function readContainerScript(manifest: PodManifest, container: string, isInit: boolean): ContainerScript {
  const read = annotationsOf(manifest, container, isInit);
  const text = (key: string, otherwise: string) => read(key) ?? otherwise;
  const count = (key: string, otherwise: number) => number(read(key)) ?? otherwise;
  const list = (key: string, otherwise: readonly number[]) => numbers(read(key)) ?? otherwise;
  return {
    runMs: list("run-ms", isInit ? [0] : []),
    exitCodes: list("exit-code", [0]),
    exitReason: text("exit-reason", ""),
    exitMessage: text("exit-message", ""),
    termMs: count("term-ms", 0),
    termExitCode: count("term-exit-code", 0),
    pullMs: count("pull-ms", 0),
    failStart: text("fail-start", ""),
    failStartTimes: count("fail-start-times", Number.MAX_SAFE_INTEGER),
    logLines: count("log-lines", 1),
    logIntervalMs: count("log-interval-ms", 0),
    logText: text("log-text", ""),
  };
}

/** The value for one instance. */
export function forInstance(values: readonly number[], instance: number): number | undefined {
  return values[Math.min(instance, values.length - 1)];
}

/** "key.container" wins over "key", which speaks of everything but init containers. */
function annotationsOf(manifest: PodManifest, container: string | undefined, isInit = false) {
  const annotations = manifest.metadata.annotations ?? {};
  return (key: string): string | undefined => {
    const own = container === undefined ? undefined : annotations[`${PREFIX}${key}.${container}`];
    return own ?? (isInit ? undefined : annotations[`${PREFIX}${key}`]);
  };
}

function numbers(text: string | undefined): readonly number[] | undefined {
  const found = text?.split(",").map((part) => number(part.trim()));
  return found?.every((value) => value !== undefined) === true ? found : undefined;
}

function number(text: string | undefined): number | undefined {
  if (text === undefined || text === "") return undefined;
  const value = Number(text);
  return Number.isFinite(value) && value >= 0 ? value : undefined;
}
