import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect } from "chai";
import { parse } from "yaml";
import { MEMORY_FLAGS, program, ROOT, temporaryFolder } from "./testing/program.js";

describe("commands beside run that ask a provider", function () {
  this.timeout(180_000);

  it("doctor tries each behaviour of the kit and finds a kit that is broken", async () => {
    const good = await program(["doctor", ...MEMORY_FLAGS]);
    expect(good.code, good.out).to.equal(0);
    expect(good.out).to.contain("reached memory").and.contain("kit pause: starts").and.contain("control service: yes");
    using folder = temporaryFolder();
    const file = path.join(folder.path, "kit.json");
    const kit = JSON.parse(readFileSync(path.join(ROOT, "conformance/kits/memory.json"), "utf8")) as {
      readonly containers: Readonly<Record<string, unknown>>;
    };
    writeFileSync(file, JSON.stringify({ ...kit, containers: { pause: kit.containers["bad-image"] } }));
    const broken = await program(["doctor", ...MEMORY_FLAGS.with(3, file), "--time-scale", "0.2"]);
    expect(broken.code, broken.out).to.equal(5);
    expect(broken.out).to.contain("problem: kit pause: a container of behaviour pause starts");
  });

  it("list --expected and run --dry-run say what a run would do, and why not the rest", async () => {
    const flags = [...MEMORY_FLAGS, "--area", "CAP"];
    const [list, dry] = await Promise.all([
      program(["list", "--expected", ...flags]),
      program(["run", "--dry-run", ...flags]),
    ]);
    expect(list.out)
      .to.match(/^no {3}CAP-01\/logs: logs is declared$/m)
      .and.match(/^run {2}CAP-03\/logs$/m);
    expect(dry).to.deep.include({ code: 0, out: list.out });
  });

  it("bench prints percentiles as JSON, cleanup finds nothing left", async () => {
    const [bench, cleanup] = await Promise.all([
      program(["bench", ...MEMORY_FLAGS]),
      program(["cleanup", ...MEMORY_FLAGS]),
    ]);
    const figures = JSON.parse(bench.out) as readonly { readonly method: string; readonly p99Ms: number }[];
    expect(figures.find(({ method }) => method === "GetPod")?.p99Ms).to.be.greaterThan(0);
    expect(cleanup).to.include({ code: 0, out: "0 pods found, 0 are left\n" });
  });

  it("init writes files with which a run works, and never over others", async () => {
    using folder = temporaryFolder();
    const { code, out } = await program(["init", "ci", ...MEMORY_FLAGS], { cwd: folder.path });
    expect(code, out).to.equal(0);
    const config = path.join(folder.path, "ci/outboard-conformance.yaml");
    expect(parse(readFileSync(config, "utf8")))
      .to.have.nested.property("capabilities.expect")
      .that.includes("logs");
    execFileSync("sh", ["-n", path.join(folder.path, "ci/conformance.sh")]);
    const run = await program(["run", "--test", "GET-01/unknown"], { cwd: path.join(folder.path, "ci") });
    expect(run.code, run.out + run.err).to.equal(0);
    const again = await program(["init", "ci"], { cwd: folder.path });
    expect(again).to.include({ code: 2, err: "init: ci/outboard-conformance.yaml is there already\n" });
  });

  it("run --format ndjson prints one event per line and nothing else", async () => {
    const { out } = await program(["run", ...MEMORY_FLAGS, "--test", "GET-01/unknown", "--format", "ndjson"]);
    const events = out
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as { readonly kind: string });
    expect(events.map(({ kind }) => kind).filter((kind) => kind !== "result")).to.deep.equal(["begin", "end"]);
    expect(events.at(-1)).to.include({ verdict: "conformant", exitCode: 0 });
  });
});
