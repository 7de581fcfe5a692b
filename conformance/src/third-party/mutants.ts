/** The faults that each provider in another language has built in, by the ids of the suite's own mutants. */
import { MUTANTS } from "../selftest/mutants.js";

/** Ids, as the environment variable OUTBOARD_MUTANT takes them. */
export const BUILT_IN: readonly string[] = [
  "M-SESS-01-serves-calls-without-a-session",
  "M-SESS-06-leaves-the-old-owner-s-watch-open",
  "M-CREATE-04-takes-another-digest-silently",
  "M-CREATE-14-forgets-tombstones",
  "M-STOP-08-ignores-the-grace",
  "M-OBS-04-cuts-exit-codes-above-127",
  "M-INPUT-01-takes-the-first-value-of-a-name",
  "M-WATCH-07-does-not-tell-of-a-release",
  "M-LOGS-08-ends-a-follower-at-the-end-of-the-file",
  "M-EXEC-01-always-says-0",
];

/** Clause of a mutant and the code with which a check of it must fail. @throws Error when the suite has no such mutant. */
export function expectation(id: string): { readonly clause: string; readonly failure: string } {
  const found = MUTANTS.find((each) => each.id === id);
  if (found === undefined) throw new Error(`the suite has no mutant ${id}`);
  return { clause: found.clause, failure: `${found.clause} ${found.code}` };
}
