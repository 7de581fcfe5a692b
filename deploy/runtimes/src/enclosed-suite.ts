// A mocha suite that needs an enclosure: outside, one test that runs the same file again inside; inside, the suite itself.

import { createRequire } from "node:module";
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
      const mocha = join(dirname(createRequire(suite.file).resolve("mocha")), "bin", "mocha.js");
      const signal = AbortSignal.timeout(timeoutMs);
      const { code } = await runEnclosed(process.execPath, [mocha, "--exit", suite.file], { signal });
      if (code !== 0) throw new Error(`the suite inside ended with exit code ${code}; its output is above`);
    });
  });
}
