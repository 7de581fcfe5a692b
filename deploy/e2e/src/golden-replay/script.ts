/** What a case needs beside its recording, and the case while it is played. */
import type { Harness, Pod } from "./modules.js";

/** Answer of a command in a container: exit code and output; undefined: it never answers. */
export type Answer = readonly [exitCode: number, output: string] | undefined;

/** A command that is to run in a container. */
export interface Asked {
  readonly container: string;
  readonly ageMs: number;
  readonly hasEnded: boolean;
}

/** What a case needs beside its recording. */
export interface Script {
  /** Commands of probes and hooks. */
  readonly exec?: (asked: Asked) => Answer;
  /** What happens to the pod, and when, milliseconds after its start. */
  readonly steps?: readonly (readonly [afterMs: number, run: (played: Played) => Promise<void>])[];
}

/** A case being played. */
export interface Played {
  readonly harness: Harness;
  pod: Pod;
}
