/** What a check is: one clause tried in one way. */
import type { CapabilityId, FeatureId } from "@outboard/contract";
import type { ClauseId } from "../clauses/registry.js";
import type { Command } from "./kit.js";
import type { Trial } from "./trial.js";

/** What must hold for a check to apply: declared, undeclared, a command that not every platform has, or a way of running. */
export type Need =
  | CapabilityId
  | `no:${CapabilityId}`
  | `feature:${FeatureId}`
  | `command:${Command}`
  | "control"
  | "launch"
  | "unix";

/** One check. Its id is the clause's id, a slash, and a name. */
export interface Check {
  readonly id: `${ClauseId}/${string}`;
  readonly clause: ClauseId;
  readonly title: string;
  readonly needs: readonly Need[];
  /** Runs beside no other: it takes the session, the backend or the process away. */
  readonly isAlone: boolean;
  readonly run: (t: Trial) => Promise<void>;
}

/** How a check is written down. */
export interface CheckSketch {
  readonly title: string;
  readonly needs?: readonly Need[];
  readonly isAlone?: boolean;
  readonly run: (t: Trial) => Promise<void>;
}

/** Makes a check of its clause, its name and the rest. */
export function check(clause: ClauseId, name: string, sketch: CheckSketch): Check {
  return { needs: [], isAlone: false, ...sketch, id: `${clause}/${name}`, clause };
}
