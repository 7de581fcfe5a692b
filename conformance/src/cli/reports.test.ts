import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect } from "chai";
import type { Report } from "../report/report.js";
import { MEMORY_FLAGS, program, reportIn, temporaryFolder } from "./testing/program.js";

describe("commands that work on reports", function () {
  this.timeout(180_000);
  const folder = temporaryFolder();
  const at = (name: string) => path.join(folder.path, name);
  const whole = () => path.join(at("whole"), "report.json");
  after(() => folder[Symbol.dispose]());

  before(async () => {
    const select = ["--area", "GET", "--area", "REL"];
    const runs = [
      ["--report-dir", at("whole"), ...select],
      ["--report-dir", at("one"), "--shard", "1/2", ...select],
      ["--report-dir", at("two"), "--shard", "2/2", ...select],
    ];
    const ends = await Promise.all(runs.map(async (flags) => await program(["run", ...MEMORY_FLAGS, ...flags])));
    expect(
      ends.map(({ code }) => code),
      ends.map(({ out, err }) => out + err).join("\n"),
    ).to.deep.equal([0, 0, 0]);
  });

  /** A copy of the whole report with changes. */
  function edited(name: string, change: (report: Report) => object): string {
    writeFileSync(at(name), JSON.stringify(change(reportIn(at("whole")))));
    return at(name);
  }

  it("a report of a run keeps to the schema", () => {
    const schema = JSON.parse(
      readFileSync(new URL("../../schemas/report.schema.json", import.meta.url), "utf8"),
    ) as object;
    const ajv = new Ajv2020({ strict: true });
    expect(ajv.validate(schema, reportIn(at("whole"))), ajv.errorsText()).to.equal(true);
  });

  it("report merge puts the parts of a run together as if it had been one", async () => {
    const parts = [path.join(at("two"), "report.json"), path.join(at("one"), "report.json")];
    const { code, out } = await program(["report", "merge", at("merged"), ...parts]);
    expect(code, out).to.equal(0);
    const [merged, one] = [reportIn(at("merged")), reportIn(at("whole"))];
    expect(merged).to.include({ verdict: "conformant", shard: null, expectedDigest: one.expectedDigest });
    expect(merged.expected).to.deep.equal(one.expected);
    expect(merged.unofficial).to.deep.equal(one.unofficial);
    expect((await program(["report", "verify", path.join(at("merged"), "report.json")])).code).to.equal(0);
    const half = await program(["report", "merge", at("merged"), parts[0] ?? ""]);
    expect(half).to.include({ code: 2, err: "report merge: shard 1/2 is missing\n" });
    const twice = await program(["report", "merge", at("merged"), ...parts, ...parts]);
    expect(twice.err).to.contain("shard 2/2 is that of").and.contain(" too");
    const alone = await program(["report", "merge", at("merged"), whole()]);
    expect(alone.err).to.contain("shard is not set: the report is of no part");
  });

  it("report verify finds an edited verdict, result, list and count", async () => {
    const worse = (report: Report) =>
      report.results.map((each) => (each.id === "GET-01/unknown" ? { ...each, outcome: "fail" } : each));
    const edits: readonly (readonly [string, (report: Report) => object])[] = [
      ["the verdict does not follow from the results", (report) => ({ ...report, results: worse(report) })],
      ["the list of expected checks was changed", (report) => ({ ...report, expected: report.expected.slice(1) })],
      ["the counts do not fit the results", (report) => ({ ...report, counts: { pass: 1 } })],
      ["official and its reasons contradict each other", (report) => ({ ...report, isOfficial: true })],
    ];
    for (const [text, edit] of edits) {
      const { code, out } = await program(["report", "verify", edited("edited.json", edit)]);
      expect(code, text).to.equal(1);
      expect(out).to.contain(text);
    }
  });

  it("report convert prints a format or writes all of them", async () => {
    expect((await program(["report", "convert", whole(), "junit"])).out).to.match(/^<\?xml/);
    expect((await program(["report", "convert", whole()])).out).to.match(/^# Conformance/);
    await program(["report", "convert", whole(), at("converted")]);
    for (const name of ["report.json", "results.ndjson", "junit.xml", "report.md", "report.html", "badge.json"])
      expect(existsSync(path.join(at("converted"), name)), name).to.equal(true);
  });

  it("baseline update and check go together, and keep a reason that was written", async () => {
    const failing = edited("failing.json", (report) => ({
      ...report,
      unofficial: [],
      results: report.results.map((each) =>
        each.id === "GET-01/unknown" ? { ...each, outcome: "fail", code: "late" } : each,
      ),
    }));
    const list = at("baseline.json");
    const entry = { id: "GET-01/unknown", code: "old", reason: "issue 7", expires: "2999-01-01" };
    writeFileSync(list, JSON.stringify({ schema: "outboard-conformance-baseline/v1", entries: [entry] }));
    expect((await program(["baseline", "check", failing, list])).code).to.equal(6);
    expect((await program(["baseline", "update", failing, list])).code).to.equal(0);
    expect(JSON.parse(readFileSync(list, "utf8"))).to.have.deep.property("entries", [{ ...entry, code: "late" }]);
    expect((await program(["baseline", "check", failing, list])).code).to.equal(0);
    const filtered = await program(["baseline", "update", whole(), list]);
    expect(filtered).to.include({ code: 2, err: "baseline update: the report is of a part of a run\n" });
  });

  it("repro prints the calls of a failure as lines for grpcurl", async () => {
    const trace = [
      '3 ms -> GetPod {"uid":"it\'s"}',
      "5 ms <- GetPod NOT_FOUND/POD",
      '6 ms -> CreatePod {"uid":"a",...',
    ];
    const failing = edited("failing.json", (report) => ({
      ...report,
      results: report.results.map((each) =>
        each.id === "GET-01/unknown" ? { ...each, outcome: "fail", code: "late", trace } : each,
      ),
    }));
    const { out } = await program(["repro", failing, "GET-01/unknown"]);
    const call = `call outboard/provider/v1/pod.proto outboard.provider.v1.PodService/GetPod '{"uid":"it'\\''s"}'`;
    expect(out.split("\n")).to.include.members([call, "# 5 ms <- GetPod NOT_FOUND/POD"]);
    expect(out)
      .to.match(/^# \(cut\) call .*CreatePod/m)
      .and.contain("# GET-01/unknown: fail late");
  });

  it("run --only-failed runs what did not pass, and list --estimate knows what it cost", async () => {
    const failing = edited("failing.json", (report) => ({
      ...report,
      results: report.results.map((each) => (each.id === "GET-01/unknown" ? { ...each, outcome: "fail" } : each)),
    }));
    const { out } = await program(["run", ...MEMORY_FLAGS, "--only-failed", failing]);
    expect(out).to.contain("1 of 1 checks").and.contain("not official: only some checks were selected");
    const nothing = await program(["run", ...MEMORY_FLAGS, "--only-failed", whole()]);
    expect(nothing).to.deep.include({ code: 2, err: `--only-failed: nothing failed in ${whole()}\n` });
    const cost = await program(["list", "--estimate", ...MEMORY_FLAGS, "--area", "GET", "--from", whole()]);
    expect(cost.out).to.match(/5 of 5 checks apply\npods: about \d+, at most \d+ at once\ntime: about \d+ s/);
  });

  it("diff tells what changed between two reports and between two sets", async () => {
    const other = edited("other.json", (report) => ({
      ...report,
      results: report.results.slice(1),
      verdict: "partial",
    }));
    const { out } = await program(["diff", whole(), other]);
    expect(out)
      .to.match(/: pass -> absent\n/)
      .and.match(/conformant -> partial\n$/);
    expect((await program(["diff", "draft", "draft"])).out).to.match(/^draft -> draft: (\d+) -> \1 clauses\n$/);
  });
});
