// Decides whether tests that need a control plane can run here: missing programs skip them on a developer's machine
// with one clear line, and fail them in CI.

import { ensureComponents } from "./components.js";
import { isMissingBinaries } from "./errors.js";

/** The part of mocha's context that skipping needs. */
export interface SkippableTest {
  timeout(ms: number): unknown;
  skip(): never;
}

const BUILD_TIMEOUT_MS = 45 * 60_000;

/** For a mocha `before` hook: finds or builds the programs, else skips the suite, or throws when CI=true. */
export async function requireControlPlane(test: SkippableTest, env: NodeJS.ProcessEnv = process.env): Promise<void> {
  test.timeout(BUILD_TIMEOUT_MS);
  try {
    const signal = AbortSignal.timeout(BUILD_TIMEOUT_MS);
    await ensureComponents({ env, signal, report: (line) => console.error(`    ${line}`) });
  } catch (error) {
    if (!isMissingBinaries(error) || env["CI"] === "true") throw error;
    console.error(`    skipped: ${error.message}`);
    test.skip();
  }
}
