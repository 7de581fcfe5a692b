// The pods of a cell or a soak, each with a fate that is known before it is made. Pure.

/** What becomes of a pod. */
export interface Fate {
  /** Ends by itself, with these exit codes by instance; absent: runs until it is deleted. */
  readonly codes?: readonly number[];
  /** How long an instance runs that ends by itself, milliseconds. */
  readonly runMs?: number;
  readonly restartPolicy: "Always" | "OnFailure" | "Never";
  /** The main container's exit code when it is told to end. */
  readonly termCode: number;
  /** From TERM to the end, milliseconds; beyond the grace period it is killed. */
  readonly termMs: number;
  readonly graceSeconds: number;
  readonly hasInit?: boolean;
  /** Of the sandbox, milliseconds. */
  readonly startMs?: number;
  readonly hasConfig?: boolean;
  /** How long it stays on a node that is not ready or unreachable, seconds; "forever": as a DaemonSet's pods do. Absent: the cluster's default. */
  readonly tolerates?: number | "forever";
  /** It is deleted by the cluster, for its node is of no use for too long. */
  readonly isEvicted?: boolean;
}

const LASTING: Fate = { restartPolicy: "Always", termCode: 0, termMs: 0, graceSeconds: 10 };
const TASK: Fate = { ...LASTING, restartPolicy: "Never" };

export type FateName =
  | "succeeds"
  | "fails"
  | "restarts"
  | "forever"
  | "prepared"
  | "changes"
  | "graceful"
  | "stubborn"
  | "forced";

export const FATES: Readonly<Record<FateName, Fate>> = {
  succeeds: { ...TASK, codes: [0], runMs: 2_500 },
  fails: { ...TASK, codes: [7], runMs: 4_000 },
  restarts: { ...TASK, restartPolicy: "OnFailure", codes: [3, 5, 0], runMs: 1_500 },
  forever: LASTING,
  prepared: { ...LASTING, hasInit: true, startMs: 700 },
  changes: { ...LASTING, hasConfig: true },
  graceful: { ...LASTING, termCode: 4, termMs: 1_500 },
  stubborn: { ...LASTING, termMs: 600_000, graceSeconds: 3 },
  forced: LASTING,
};

const EVICTED: readonly FateName[] = ["forever", "prepared", "changes", "graceful", "stubborn"];

/** Pods that stay on their node whatever it is, and such that the cluster deletes: by default after five minutes. */
export function fatesOfOutage(evictSeconds: number | undefined): Readonly<Record<string, Fate>> {
  const tolerates = evictSeconds === undefined ? {} : { tolerates: evictSeconds };
  const staying = Object.entries(FATES).map(([name, fate]) => [name, { ...fate, tolerates: "forever" }] as const);
  const leaving = EVICTED.map(
    (name) => [`${name}-evicted`, { ...FATES[name], ...tolerates, isEvicted: true }] as const,
  );
  return Object.fromEntries([...staying, ...leaving].toSorted(([one], [other]) => (one < other ? -1 : 1)));
}

/** What was asked of a pod by the test. */
export interface Asked {
  readonly fate: Fate;
  /** Its image was changed so often. */
  readonly imageChanges: number;
  /** It ran before, and it was waited for that it ran again with the new one. */
  readonly isImageSeen: boolean;
  readonly isDeleted: boolean;
  /** Its object was removed at once. */
  readonly isForced: boolean;
  /** What its volume shall hold in the end. */
  readonly config?: string;
}

export const KILLED = 137;
export const MAIN = "main";
export const INIT = "init";

/** The code with which the instance of that number ends. */
export function codeOf({ codes, termCode, termMs, graceSeconds }: Fate, instance: number): number {
  if (codes !== undefined) return codes[instance] ?? Number.NaN;
  return termMs > graceSeconds * 1000 ? KILLED : termCode;
}

/** The phase in which it ends by itself. */
export function phaseOf({ codes }: Fate): "Succeeded" | "Failed" | undefined {
  if (codes === undefined) return undefined;
  return codes.at(-1) === 0 ? "Succeeded" : "Failed";
}

/** How often the main container starts in all: a change of the image may come before its first start, or with its end. */
export function startsOf({ fate, imageChanges, isImageSeen }: Asked): {
  readonly least: number;
  readonly most: number;
} {
  if (fate.codes !== undefined) return { least: fate.codes.length, most: fate.codes.length };
  return { least: isImageSeen ? 1 + imageChanges : 1, most: 1 + imageChanges };
}
