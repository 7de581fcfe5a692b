// What `go test -v` printed: one result for each test that has no tests below it, with what it said.

export interface GoTestResult {
  /** Full name: "TestEndToEnd/TestGetPods". */
  readonly name: string;
  readonly state: "passed" | "failed" | "skipped";
  readonly seconds: number;
  /** Lines that Go wrote below the test. */
  readonly output: readonly string[];
}

const STATES = { PASS: "passed", FAIL: "failed", SKIP: "skipped" } as const;
const RESULT = /^ *--- (PASS|FAIL|SKIP): (\S+) \(([\d.]+)s\)$/;
const START = /^=== (?:RUN|CONT|NAME|PAUSE) +(\S*)$/;

/** Results in the order of their ends. A test that never ended has none. */
export function goTestResults(output: string): readonly GoTestResult[] {
  const said = new Map<string, string[]>();
  const results: GoTestResult[] = [];
  let current = "";
  for (const line of output.split("\n")) {
    const result = RESULT.exec(line);
    const start = START.exec(line);
    if (start !== null) current = start[1] ?? "";
    else if (result === null) linesOf(said, current).push(line.trim());
    else {
      const [, word = "FAIL", name = "", seconds = "0"] = result;
      current = "";
      const state = STATES[word as keyof typeof STATES];
      results.push({ name, state, seconds: Number(seconds), output: linesOf(said, name) });
    }
  }
  return results.filter(({ name }) => !results.some((other) => other.name.startsWith(`${name}/`)));
}

function linesOf(said: Map<string, string[]>, name: string): string[] {
  const lines = said.get(name) ?? [];
  said.set(name, lines);
  return lines;
}
