import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const SUITE = path.join(ROOT, "conformance/bin/outboard-conformance.mjs");
const MEMORY = path.join(ROOT, "providers-ts/memory/bin/outboard-provider-memory.mjs");
const LAUNCH = `${process.execPath} ${MEMORY} --testing --listen {endpoint} --state {dir}`;

/** `npm run selftest` and CI try everything; the tests of every day a part that is always the same. */
const isWhole = process.env["OUTBOARD_SELFTEST"] === "all" || process.env["CI"] === "true";
const part = (of: number): readonly string[] => (of === 1 ? [] : ["--sample", String(of), "--seed", "7"]);
/** A machine that does other things at the same time makes no provider wrong. */
const PATIENT = ["--time-scale", "3"];

async function selftest(...args: readonly string[]): Promise<{ readonly code: number; readonly out: string }> {
  const child = spawn(process.execPath, [SUITE, "selftest", "--launch", LAUNCH, "--kit", "memory", ...args]);
  let out = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (data: Buffer) => (out += data.toString("utf8")));
  const [code] = (await once(child, "close")) as [number];
  return { code, out };
}

describe("the selftest on the reference provider", function () {
  this.timeout(isWhole ? 1_800_000 : 240_000);
  let folder = "";
  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), "obct-"));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it("kills every mutant by its own clause and code, and lets every variant pass", async () => {
    const { code, out } = await selftest(...part(isWhole ? 1 : 24), ...PATIENT, "--report-dir", folder);
    expect(code, out).to.equal(0);
    expect(out).to.match(/killed (\d+)\/\1(?: \(\d+ not applicable\))?, variants passed (\d+)\/\2 in/);
  });

  it("ends with 1 when any one check is left out", async () => {
    const { code, out } = await selftest("--ablation", "all", ...part(isWhole ? 4 : 24));
    expect(code, out).to.equal(0);
    expect(out).to.match(/ablations noticed (\d+)\/\1 /);
  });

  it("ends with 1 when a monitor is left out", async () => {
    const good = await selftest("--mutant", "OBS-07");
    expect(good.code, good.out).to.equal(0);
    const { code, out } = await selftest("--mutant", "OBS-07", "--disable", "OBS-07");
    expect(code, out).to.equal(1);
    expect(out).to.contain("killed 0/1");
  });

  it("finds nothing red with other seeds", async () => {
    const { code, out } = await selftest("--seeds", "2", "--area", "GET", "--area", "HS", "--seed", "1", ...PATIENT);
    expect(code, out).to.equal(0);
    expect(out).to.contain("seeds passed 2/2");
  });
});
