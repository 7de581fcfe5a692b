import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import type { Report } from "./report/report.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const SUITE = path.join(ROOT, "conformance/bin/outboard-conformance.mjs");
const MEMORY = path.join(ROOT, "providers-ts/memory/bin/outboard-provider-memory.mjs");

/** Runs the program; its exit code and what it printed. */
async function suite(
  args: readonly string[],
  onText: (text: string, child: ChildProcess) => void = () => {},
): Promise<{ readonly code: number; readonly out: string }> {
  const child = spawn(process.execPath, [SUITE, ...args]);
  let out = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (data: Buffer) => {
      out += data.toString("utf8");
      onText(data.toString("utf8"), child);
    });
  }
  const [code] = (await once(child, "close")) as [number];
  return { code, out };
}

const launch = (more = ""): readonly string[] => [
  "--launch",
  `${process.execPath} ${MEMORY} ${more}`,
  "--kit",
  "memory",
];
const mutants = (...ids: readonly string[]): readonly string[] => ids.flatMap((id) => ["--mutant", id]);
const quick = ["--area", "GET", "--area", "HS"];

describe("the program", () => {
  let folder = "";
  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), "obct-"));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it("finds the memory provider conformant and writes reports that verify", async () => {
    const { code, out } = await suite(["run", ...launch("--testing"), ...quick, "--report-dir", folder]);
    expect(code, out).to.equal(0);
    const file = path.join(folder, "report.json");
    const report = JSON.parse(readFileSync(file, "utf8")) as Report;
    expect(report).to.include({ verdict: "conformant", isOfficial: false });
    expect((await suite(["report", "verify", file])).code).to.equal(0);
  }).timeout(60_000);

  it("gives 3 for nobody there, and 2 for a selection that matches nothing, a bad flag and a bad kit", async () => {
    const nobody = ["--endpoint", `unix://${folder}/none.sock`, "--kit", "memory", "--time-scale", "0.05"];
    expect((await suite(["run", ...nobody])).code).to.equal(3);
    expect((await suite(["run", ...nobody, "--clause", "NOPE-99"])).code).to.equal(2);
    expect((await suite(["run", ...nobody, "--nonsense"])).code).to.equal(2);
    expect((await suite(["run", "--endpoint", `unix://${folder}/none.sock`, "--kit", "none"])).code).to.equal(2);
  }).timeout(60_000);

  it("gives 1 with the last output of a provider that is killed in the middle, and goes on with a new process", async () => {
    const pidFile = path.join(folder, "pid");
    const script = `echo $$ > ${pidFile}; echo last words; exec ${process.execPath} ${MEMORY} --listen {endpoint}`;
    const checks = ["--clause", "WATCH-09", "--clause", "GET-01", "--report-dir", folder, "-v"];
    const argv = ["run", "--launch", `sh -c "${script}"`, "--kit", "memory", ...checks];
    // WATCH-09 still waits for a heartbeat when GET-01 is told
    const { code, out } = await suite(argv, (text) => {
      if (text.includes("GET-01/")) process.kill(Number(readFileSync(pidFile, "utf8")), "SIGKILL");
    });
    expect(code, out).to.equal(1);
    expect(out).to.contain("WATCH-09/heartbeat (crash) the provider ended by SIGKILL; its last output: last words");
    const { results } = JSON.parse(readFileSync(path.join(folder, "report.json"), "utf8")) as Report;
    expect(results.filter(({ outcome }) => outcome === "fail").map(({ code }) => code)).to.deep.equal(["crash"]);
  }).timeout(60_000);

  it("lets variants pass, and says which did", async () => {
    const variants = ["--variant", "V-07", "--variant", "V-15", "--area", "GET"];
    const { code, out } = await suite(["selftest", ...launch("--testing"), ...variants]);
    expect(code, out).to.equal(0);
    expect(out).to.contain("variants passed 2/2");
  }).timeout(60_000);

  it("kills mutants by their own clause and code, and tells when a check is missing", async () => {
    const good = await suite(["selftest", ...launch("--testing"), ...mutants("CREATE-04", "OBS-04", "SESS-02")]);
    expect(good.code, good.out).to.equal(0);
    const ablated = await suite([
      "selftest",
      ...launch("--testing"),
      ...mutants("CREATE-04"),
      "--disable",
      "CREATE-04",
    ]);
    expect(ablated.code, ablated.out).to.equal(1);
    expect(ablated.out).to.contain("survived");
  }).timeout(90_000);
});
