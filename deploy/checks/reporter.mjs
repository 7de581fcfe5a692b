/**
 * A reporter for mocha with one line for each suite, failures in full, and skipped tests with their reason: the property
 * `skipReason` of the test or of a suite around it (`this.test.parent.skipReason = ...` in a hook). It writes the counts,
 * of each file too, to the file of the option `result`, and ends the process, with a list of what is open, when something keeps it
 * alive for `patience` milliseconds after the tests.
 */
import { writeFileSync } from "node:fs";
import Mocha from "mocha";

export default class Reporter extends Mocha.reporters.Base {
  #file;
  #patienceMs;
  #result = { passed: 0, failed: 0, skipped: 0, problems: [], reasons: {}, files: {} };
  #suite = { passed: 0, failed: 0, skipped: 0 };

  constructor(runner, options) {
    super(runner, options);
    this.#file = options.reporterOptions?.result;
    this.#patienceMs = Number(options.reporterOptions?.patience ?? 10_000);
    runner.on("pass", (test) => this.#count("passed", test));
    runner.on("fail", (test, error) => this.#fail(test, error));
    runner.on("pending", (test) => this.#skip(test));
    runner.on("suite end", (suite) => this.#endSuite(suite));
    runner.once("end", () => this.#end());
  }

  #count(key, test) {
    this.#result[key] += 1;
    this.#suite[key] += 1;
    const file = (this.#result.files[test.file ?? ""] ??= { passed: 0, failed: 0, skipped: 0 });
    file[key] += 1;
  }

  #fail(test, error) {
    this.#count("failed", test);
    this.#result.problems.push(test.fullTitle());
    this.#result.reasons[test.fullTitle()] = firstLine(error.message ?? String(error));
    console.log(`  FAILED ${test.fullTitle()}\n${indent(error.stack ?? String(error))}`);
  }

  #skip(test) {
    this.#count("skipped", test);
    console.log(`  skipped ${test.fullTitle()}: ${reasonOf(test) ?? "no reason given"}`);
  }

  #endSuite(suite) {
    if (!suite.parent?.root) return;
    const { passed, failed, skipped } = this.#suite;
    this.#suite = { passed: 0, failed: 0, skipped: 0 };
    const others = `${failed > 0 ? `, ${failed} failed` : ""}${skipped > 0 ? `, ${skipped} skipped` : ""}`;
    console.log(`  ${failed > 0 ? "✗" : "✓"} ${suite.title}: ${passed}${others} (${duration(suite)} ms)`);
  }

  #end() {
    this.#write();
    setTimeout(() => {
      this.#result.open = process.getActiveResourcesInfo();
      this.#write();
      process.exit(1);
    }, this.#patienceMs).unref();
  }

  #write() {
    if (this.#file !== undefined) writeFileSync(this.#file, JSON.stringify(this.#result));
  }
}

/** Time of all tests below a suite. */
function duration(suite) {
  const own = suite.tests.reduce((sum, test) => sum + (test.duration ?? 0), 0);
  return suite.suites.reduce((sum, each) => sum + duration(each), own);
}

function reasonOf(runnable) {
  for (let each = runnable; each !== undefined; each = each.parent) {
    if (typeof each.skipReason === "string") return each.skipReason;
  }
  return undefined;
}

function firstLine(text) {
  return text.trim().split("\n", 1)[0].slice(0, 300);
}

function indent(text) {
  return text.replaceAll(/^/gm, "      ");
}
