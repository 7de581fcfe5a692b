// One control plane for a whole mocha run: started by the first suite that needs it, disposed by a root hook.
// Worlds stay listed until their test has ended, so that a failed test can show what their processes wrote.

import { type Cluster, requireControlPlane, startCluster } from "@outboard/devcluster";

let shared: Promise<Cluster> | undefined;
let failed = false;
const reporters: (() => string)[] = [];
const cleaners: (() => Promise<void>)[] = [];

const START_TIMEOUT_MS = 180_000;
const TEST_TIMEOUT_MS = 120_000;

/** In a `describe`: the tests of this suite have the shared cluster, or are skipped where no cluster can run. */
export function useCluster(): void {
  before(async function () {
    await requireControlPlane(this);
    this.timeout(START_TIMEOUT_MS);
    await sharedCluster();
  });
  beforeEach(function () {
    const test = this.currentTest;
    if (test !== undefined && test.timeout() < TEST_TIMEOUT_MS) test.timeout(TEST_TIMEOUT_MS);
  });
}

export async function sharedCluster(): Promise<Cluster> {
  shared ??= startCluster({ report: (line) => console.error(`    ${line}`) });
  return shared;
}

/** Called by a world: `report` is printed if the running test fails, `clean` runs after it in any case. */
export function afterThisTest(report: () => string, clean: () => Promise<void>): void {
  reporters.push(report);
  cleaners.push(clean);
}

afterEach("print what failed worlds wrote", async function () {
  this.timeout(START_TIMEOUT_MS);
  const lines = this.currentTest?.state === "failed" ? reporters.map((report) => report()) : [];
  failed ||= lines.length > 0;
  for (const line of lines) console.error(line);
  reporters.length = 0;
  for (const clean of cleaners.splice(0)) await clean();
});

after("stop the shared control plane", async function () {
  this.timeout(START_TIMEOUT_MS);
  const cluster = await shared?.catch(() => undefined);
  shared = undefined;
  if (failed) cluster?.keepLogs();
  await cluster?.[Symbol.asyncDispose]();
});
