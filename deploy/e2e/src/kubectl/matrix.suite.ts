// `npm run e2e -- kubectl`: kubectl of several minor versions against the real API server and the gateway.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { judgeRelease, openAuditedStage, type Stage } from "./judge.js";
import { findReleases } from "./release.js";
import { ResultTable } from "./table.js";

const LEAST_MINORS = 4;
const START_MS = 180_000;

const { found, missing } = await findReleases((line) => console.error(`    looking for ${line}`));

describe("kubectl", function () {
  this.timeout(120_000);
  const table = new ResultTable("kubectl");
  const folder = mkdtempSync(join(tmpdir(), "ob-"));
  let stage: Stage | undefined;
  const current = (): Stage => {
    if (stage === undefined) throw new Error("there is no cluster");
    return stage;
  };

  before(async function () {
    this.timeout(START_MS);
    stage = await openAuditedStage(folder);
  });

  after(async function () {
    this.timeout(START_MS);
    await stage?.[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
    console.log(`\n${table.text()}\n`);
    for (const reason of missing) console.log(`not tested: ${reason}`);
  });

  it(`is there in at least ${LEAST_MINORS} minor versions`, () => {
    expect(found.length, missing.join("\n")).to.be.at.least(LEAST_MINORS);
  });

  for (const release of found) {
    describe(release.version, () => judgeRelease({ ...release, program: () => release.program }, current, table));
  }
});
