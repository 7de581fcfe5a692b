/** What can come of a check, and what comes of a run. */

/** What came of one check. */
export type OutcomeKind =
  | "pass"
  | "fail"
  | "not-testable"
  | "not-applicable"
  | "not-run"
  | "skipped"
  | "expected-fail"
  | "unexpected-pass"
  | "flaky"
  | "harness-error";

/** One line of the report. */
export interface Result {
  readonly id: string;
  readonly clause: string;
  readonly level: "MUST" | "SHOULD";
  readonly title: string;
  readonly outcome: OutcomeKind;
  /** How it failed: a failure code. Empty unless failed. */
  readonly code: string;
  /** One sentence: what was seen, or why it was not tried. */
  readonly message: string;
  readonly durationMs: number;
  /** Last calls before the failure, secrets redacted. */
  readonly trace: readonly string[];
  /** Longest wait as part of its limit, 0 to 1. */
  readonly used: number;
  /** Pods that it asked for. */
  readonly pods?: number;
  /** Run, reported, and not scored: newer than the requirement set. */
  readonly isProvisional?: boolean;
}

/** What the whole run says of the provider. */
export type Verdict = "conformant" | "conformant-with-warnings" | "partial" | "non-conformant" | "inconclusive";

/** Exit codes of the program; scripts depend on them. */
export const EXIT = {
  ok: 0,
  nonConformant: 1,
  usage: 2,
  unreachable: 3,
  harness: 4,
  inconclusive: 5,
  staleBaseline: 6,
  leak: 7,
  interrupted: 130,
} as const;

/** One of the exit codes. */
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** The verdict over all results of a run; `expected` are the ids that had to run. */
export function verdictOf(all: readonly Result[], expected: readonly string[]): Verdict {
  const seen = new Set(all.map(({ id }) => id));
  const results = all.filter(isScored);
  const count = (...kinds: readonly OutcomeKind[]) => results.filter(({ outcome }) => kinds.includes(outcome));
  if (count("fail", "expected-fail", "flaky").some(({ level }) => level === "MUST")) return "non-conformant";
  const isIncomplete = expected.some((id) => !seen.has(id)) || count("not-run", "harness-error").length > 0;
  const isProven = count("pass", "unexpected-pass").some(({ id }) => expected.includes(id)); // watched rules alone prove little
  if (isIncomplete || !isProven) return "inconclusive";
  if (count("not-testable").length > 0) return "partial";
  return count("fail", "expected-fail", "flaky").length > 0 ? "conformant-with-warnings" : "conformant";
}

/** Whether the baseline is what it says: no unexpected pass, nothing listed that did not happen. */
export interface Standing {
  readonly verdict: Verdict;
  readonly results: readonly Result[];
  readonly staleBaseline: readonly string[];
  readonly leaks: readonly unknown[];
  readonly isInterrupted: boolean;
  /** A failed SHOULD counts as a failed MUST. */
  readonly isStrict?: boolean;
}

/** The exit code of a run that came to its end. */
export function exitCodeOf(standing: Standing): ExitCode {
  const { verdict, staleBaseline, leaks, isInterrupted, isStrict = false } = standing;
  const results = standing.results.filter(isScored);
  if (isInterrupted) return EXIT.interrupted;
  const counts = (level: Result["level"]) => isStrict || level === "MUST";
  if (results.some(({ outcome, level }) => (outcome === "fail" || outcome === "flaky") && counts(level))) {
    return EXIT.nonConformant;
  }
  if (results.some(({ outcome }) => outcome === "harness-error")) return EXIT.harness;
  if (staleBaseline.length > 0) return EXIT.staleBaseline;
  if (verdict === "inconclusive" || verdict === "partial") return EXIT.inconclusive;
  return leaks.length > 0 ? EXIT.leak : EXIT.ok;
}

function isScored({ isProvisional }: Result): boolean {
  return isProvisional !== true;
}
