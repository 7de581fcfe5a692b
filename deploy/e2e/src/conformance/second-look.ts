// What of a run of the suite is red, what of it may be judged once more, and how both are told. A busy machine may make a
// check late once; a fault makes it red again.

export interface SuiteResult {
  readonly id: string;
  readonly outcome: string;
  readonly code: string;
  readonly message: string;
}

export interface SuiteReport {
  readonly verdict: string;
  readonly counts: Readonly<Record<string, number>>;
  readonly leaks: readonly { readonly uid: string; readonly check: string; readonly message: string }[];
  readonly results: readonly SuiteResult[];
}

const GREEN: ReadonlySet<string> = new Set(["pass", "not-applicable", "skipped"]);
/** More than these are no matter of a moment. */
const MOST = 3;

export function redIn({ results }: SuiteReport): readonly SuiteResult[] {
  return results.filter(({ outcome }) => !GREEN.has(outcome));
}

/** Whether these may be judged once more, alone: few failed checks, no crash, and no rule that the whole run is held to. */
export function deserveSecondLook(red: readonly SuiteResult[]): boolean {
  const isAlone = ({ id, outcome, code }: SuiteResult): boolean =>
    outcome === "fail" && code !== "crash" && !id.endsWith("/monitor");
  return red.length > 0 && red.length <= MOST && red.every(isAlone);
}

/** "STOP-04/grace late: it took 9 s" */
export function redLine({ id, outcome, code, message }: SuiteResult): string {
  return `${id} ${code === "" ? outcome : code}: ${message.split("\n")[0] ?? ""}`;
}

/** Everything that is wrong with a run, the worst first; empty: nothing. `red`: what stayed so. */
export function faultsOf(report: SuiteReport, red: readonly SuiteResult[], leastPassed: number): readonly string[] {
  const again = redIn(report).length - red.length;
  const passed = (report.counts["pass"] ?? 0) + again;
  return [
    ...red.map((result) => `red: ${redLine(result)}`),
    ...report.leaks.map(({ uid, check, message }) => `left behind: pod ${uid} of ${check}: ${message}`),
    ...(passed < leastPassed ? [`only ${passed} checks passed, there must be ${leastPassed}`] : []),
  ];
}
