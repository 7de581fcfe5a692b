// Mocha's reporter inside an enclosure: what it always prints, and in the file that OUTBOARD_FAILURES_FILE names a line for
// each failure, for those outside.

import { appendFileSync } from "node:fs";
import Mocha from "mocha";

export default class EnclosedReporter extends Mocha.reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    const file = process.env.OUTBOARD_FAILURES_FILE;
    if (file === undefined) return;
    runner.on("fail", (test, error) => {
      const [reason] = String(error.message ?? error)
        .trim()
        .split("\n", 1);
      appendFileSync(file, `${test.fullTitle()}: ${reason}\n`);
    });
  }
}
