// A mocha suite that needs an enclosure: outside, one test that runs the same file again inside; inside, the suite itself.

import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { isEnclosed, runEnclosed } from "./enclosure.js";
import { type RuntimeNeed, requireRuntimes } from "./test-gate.js";

export interface EnclosedSuite {
  readonly title: string;
  /** import.meta.filename of the test file. */
  readonly file: string;
  readonly needs: readonly RuntimeNeed[];
  /** Default 5 minutes for all tests of the file. */
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 300_000;
const REPORTER = join(import.meta.dirname, "../scripts/enclosed-reporter.mjs");

/** Declares the suite; `declare` holds its hooks and tests, and is called only inside. */
export function describeEnclosed(suite: EnclosedSuite, declare: (this: Mocha.Suite) => void): void {
  if (isEnclosed()) {
    describe(suite.title, declare);
    return;
  }
  describe(suite.title, () => {
    before(async function () {
      await requireRuntimes(this, suite.needs);
    });
    it("passes in namespaces of its own", async function () {
      const timeoutMs = suite.timeoutMs ?? TIMEOUT_MS;
      this.timeout(timeoutMs + 10_000);
      const failures = await failuresInside(suite.file, timeoutMs);
      if (failures !== "") throw new Error(failures);
    });
  });
}

/** Runs the file inside. Empty: all is well; else each failed test with its reason, of which more is in the output. */
export async function failuresInside(file: string, timeoutMs: number): Promise<string> {
  const mocha = join(dirname(createRequire(file).resolve("mocha")), "bin", "mocha.js");
  const folder = mkdtempSync(join(tmpdir(), "outboard-inside-"));
  try {
    const failures = join(folder, "failures");
    const args = [mocha, "--exit", "--reporter", REPORTER, file];
    const env = { ...process.env, OUTBOARD_FAILURES_FILE: failures };
    const { code } = await runEnclosed(process.execPath, args, { env, signal: AbortSignal.timeout(timeoutMs) });
    if (code === 0) return "";
    const told = existsSync(failures) ? readFileSync(failures, "utf8").trim().replaceAll("\n", "; ") : "";
    return told === "" ? `the suite inside ended with exit code ${code}; its output is above` : told;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
