/** What the model remembers of one UID. */
import type { Stage } from "../../domain/observation.js";

/** Restart policies of pods. */
export type Policy = "Always" | "OnFailure" | "Never";

/** Changed only by the ledger. */
export interface Facts {
  readonly uid: string;
  readonly policy: Policy;
  readonly deadlineSeconds: number | undefined;
  /** New backend objects made for it. */
  starts: number;
  /** Times that the backend lost it without a word. */
  losses: number;
  /** Clock milliseconds. */
  readonly createdAt: number;
  /** Reasons of StopPod calls that did their work, with the provider's process that did. */
  readonly stops: Map<string, number>;
  lastGrace: number;
  /** The backend published ENDED. */
  ended: boolean;
  /** The user asked for its end in the API, or its object went; known: the gateway has heard of it. */
  unwanted: "no" | "yes" | "known";
  /** Somebody else wrote a terminal phase. */
  foreignEnd: boolean;
  refused: boolean;
  /** Clock milliseconds at which it was first refused for want of room. */
  noRoomSince: number | undefined;
  startTime: string | undefined;
  restartCount: number;
  /** Restart counts of ended instances that were told to this gateway, not yet written. */
  owed: number[];
  /** Observations that were news. */
  told: number;
  lastTold: { readonly epoch: string; readonly revision: bigint; readonly stage: Stage } | undefined;
  /** This gateway sent a CreatePod that was not answered: it may be repeated. */
  asking: boolean;
  /** Since it was last told of: a complete snapshot lacked it; GetPod said that it is not there. */
  missed: boolean;
  notFound: boolean;
  /** The gateway was told that its inputs are needed, and not yet that it is lost. */
  asksInputs: boolean;
  foreign: number;
  /** Writes that changed something. */
  writes: number;
  /** The answer to the last write was lost. */
  unanswered: boolean;
}

/** Nothing has happened yet. */
export function createFacts(given: Pick<Facts, "uid" | "policy" | "deadlineSeconds" | "createdAt">): Facts {
  return {
    ...given,
    starts: 0,
    losses: 0,
    stops: new Map(),
    lastGrace: Number.POSITIVE_INFINITY,
    ended: false,
    unwanted: "no",
    foreignEnd: false,
    refused: false,
    noRoomSince: undefined,
    startTime: undefined,
    restartCount: 0,
    owed: [],
    told: 0,
    lastTold: undefined,
    asking: false,
    missed: false,
    notFound: false,
    asksInputs: false,
    foreign: 0,
    writes: 0,
    unanswered: false,
  };
}
