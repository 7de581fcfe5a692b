import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { expect } from "chai";
import type { Kill } from "./kill.js";
import { toMatrixHtml } from "./matrix-html.js";
import { toMatrixJson, writeMatrix } from "./matrix.js";
import type { Findings } from "./score.js";

const KILLED: Kill = {
  mutant: "M-GET-01-a",
  clause: "GET-01",
  fault: "knows <every> pod",
  layer: "wire",
  outcome: "killed",
  failed: ["GET-01/a (accepted) text"],
  cells: [
    { check: "GET-01/a", said: "own", code: "accepted" },
    { check: "GET-02/a", said: "collateral", code: "missing" },
    { check: "GET-05/a", said: "passed", code: "" },
  ],
};
const TWICE: Kill = {
  ...KILLED,
  mutant: "M-GET-01-b",
  layer: "switch",
  cells: ["GET-01/a", "GET-01/b"].map((check) => ({ check, said: "own", code: "accepted" })),
};
const SURVIVOR: Kill = {
  ...KILLED,
  mutant: "M-GET-02-a",
  clause: "GET-02",
  outcome: "survived",
  failed: [],
  cells: [],
};
const FINDINGS: Findings = {
  kills: [KILLED, TWICE, SURVIVOR],
  acceptances: [{ variant: "V-01", text: "is slow", outcome: "refused", failed: ["GET-01/a (late) text"], passed: 1 }],
};

describe("the kill matrix", () => {
  let folder = "";
  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), "obct-"));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it("tells of each check what it alone kills", () => {
    expect(toMatrixJson(FINDINGS)).to.deep.include({
      score: "killed 2/3, variants passed 0/1",
      isGood: false,
      checks: [
        { check: "GET-01/a", kills: 2, soleKills: 1 },
        { check: "GET-01/b", kills: 1, soleKills: 0 },
      ],
    });
  });

  it("is written where it was asked for, and under its usual names in a folder", () => {
    const json = path.join(folder, "deep/k.json");
    writeMatrix(FINDINGS, { json, html: undefined, folder: path.join(folder, "out") });
    expect(JSON.parse(readFileSync(json, "utf8"))).to.have.property("schema", "outboard-conformance-kills/v2");
    expect(readFileSync(path.join(folder, "out/kills.html"), "utf8")).to.equal(toMatrixHtml(FINDINGS));
    expect(existsSync(path.join(folder, "out/kills.json"))).to.equal(true);
  });

  it("shows a row per mutant, a column per check that failed, and filters, in a browser", async function () {
    if (!existsSync("/usr/bin/chromium")) this.skip();
    this.timeout(60_000);
    writeMatrix(FINDINGS, { json: undefined, html: path.join(folder, "m.html"), folder: undefined });
    const shown = async (hash: string): Promise<string> => {
      const flags = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--no-first-run",
        `--user-data-dir=${folder}/profile`,
      ];
      const page = `${pathToFileURL(path.join(folder, "m.html")).href}${hash}`;
      return (await promisify(execFile)("/usr/bin/chromium", [...flags, "--dump-dom", page])).stdout;
    };
    const all = await shown("");
    expect(all).to.contain("3 mutants").and.to.contain("knows &lt;every&gt; pod");
    expect(all.match(/<th scope="col" class="c">/g)).to.have.length(3);
    expect(all.match(/<td class="own"/g)).to.have.length(3);
    expect(await shown("#survived")).to.contain("1 mutants");
  });
});
