import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect } from "chai";
import { ROOT } from "./groups.mjs";
import { breaking } from "./repository.mjs";
import { runGroup, runGroupTwice } from "./run-group.mjs";
import { lockProblems, machinePathProblems } from "./texts.mjs";

describe("a group of tests", () => {
  let folder;

  before(() => {
    folder = mkdtempSync(path.join(ROOT, "node_modules/.checks-"));
  });

  after(() => rmSync(folder, { recursive: true, force: true }));

  async function run(body, patienceMs) {
    const file = path.join(folder, "inner.mjs");
    writeFileSync(file, body);
    return await runGroup({ name: "inner" }, [file], { patienceMs, quiet: true });
  }

  it("counts what passed, failed and was skipped", async () => {
    const result = await run(`describe("inner (one failure is meant)", () => {
      it("passes", () => {});
      it("fails", () => { throw new Error("this failure is meant"); });
      it("is skipped", function () { this.test.skipReason = "a reason"; this.skip(); });
    });`);
    expect(result).to.deep.include({ passed: 1, failed: 1, skipped: 1 });
    expect(result.problems).to.deep.equal(["inner (one failure is meant) fails"]);
    expect(result.reasons).to.deep.equal({ "inner (one failure is meant) fails": "this failure is meant" });
  });

  it("counts a crash before the end as a failure", async () => {
    const result = await run(`it("inner", () => process.exit(0));`);
    expect(result).to.deep.include({ passed: 0, failed: 1 });
    expect(result.problems[0]).to.contain("ended before its tests did");
  });

  it("counts a file that cannot be loaded as a failure", async () => {
    expect(await run(`import "./is-not-there.mjs";`)).to.deep.include({ failed: 1 });
  });

  it("counts a process that something keeps alive as a failure, and ends it", async () => {
    const result = await run(`it("inner", () => { setInterval(() => {}, 1000); });`, 200);
    expect(result).to.deep.include({ passed: 1, failed: 1 });
    expect(result.problems[0]).to.contain("did not end after its tests").and.to.contain("Timeout");
  });

  it("counts a group without tests as a failure, unless it may be empty", async () => {
    expect(await runGroup({ name: "inner" }, [])).to.deep.include({ failed: 1 });
    expect(await runGroup({ name: "inner", optional: true }, [])).to.deep.include({ failed: 0 });
  });
});

describe("a group with red tests", () => {
  let folder;

  beforeEach(() => {
    folder = mkdtempSync(path.join(ROOT, "node_modules/.checks-"));
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  async function run(...bodies) {
    const files = bodies.map((body, index) => {
      const file = path.join(folder, `inner-${index}.mjs`);
      writeFileSync(file, `import { existsSync, writeFileSync } from "node:fs";\n${body}`);
      return file;
    });
    return await runGroupTwice({ name: "inner" }, files, { quiet: true });
  }

  const mark = () => path.join(folder, "mark");
  const once = () =>
    `const first = !existsSync("${mark()}"); writeFileSync("${mark()}", "");
    if (first) throw new Error("meant to fail once");`;

  it("has their files run once more: green then is passed, and named", async () => {
    const result = await run(`it("a", () => {}); it("b", () => { ${once()} });`, `it("c", () => {});`);
    expect(result).to.deep.include({ passed: 3, failed: 0, skipped: 0, problems: [], again: ["b"] });
    expect(result.reasons).to.deep.equal({ b: "meant to fail once" });
  });

  it("counts what a failed hook kept from running", async () => {
    const result = await run(
      `describe("s", () => { before(() => { ${once()} }); it("a", () => {}); it("b", () => {}); });`,
    );
    expect(result).to.deep.include({ passed: 2, failed: 0, problems: [] });
    expect(result.again[0]).to.contain("before all");
  });

  it("fails for what is red twice", async () => {
    const result = await run(`it("a", () => {}); it("b", () => { throw new Error("meant"); });`);
    expect(result).to.deep.include({ passed: 1, failed: 1, problems: ["b"], again: [] });
  });

  it("is red at once with more than a few", async () => {
    const result = await run(`for (const name of "abcd") it(name, () => { throw new Error("meant"); });`);
    expect(result).to.deep.include({ passed: 0, failed: 4 });
    expect(result.again).to.equal(undefined);
  });
});

describe("texts that do not belong", () => {
  it("are URLs in the lock file; workspace folders may be there", () => {
    const lock = {
      packages: { a: { resolved: "gateway", link: true }, b: { resolved: "https://registry.example/b.tgz" } },
    };
    expect(lockProblems(JSON.stringify(lock))).to.deep.equal(['package-lock.json: b has a "resolved" URL']);
  });

  it("are paths of this machine, with file and line", () => {
    const text = "fine\nsee /some/machine/work/file\n";
    expect(machinePathProblems("a.md", text, ["/some/machine"])).to.deep.equal(["a.md:2: see /some/machine/work/file"]);
    expect(machinePathProblems("a.md", "/some/machinery", ["/some/machine"])).to.deep.equal([]);
    expect(machinePathProblems("a.md", "a/b", ["/"])).to.deep.equal([]);
  });
});

describe("the comparison with the frozen contract", () => {
  let folder;

  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), "contract-"));
    cpSync(path.join(ROOT, "proto/outboard"), path.join(folder, "outboard"), { recursive: true });
  });

  after(() => rmSync(folder, { recursive: true, force: true }));

  function change(from, to) {
    const file = path.join(folder, "outboard/provider/v1/pod.proto");
    const text = readFileSync(file, "utf8");
    expect(text).to.contain(from);
    writeFileSync(file, text.replace(from, to));
  }

  it("lets additions pass", async () => {
    change("message GetPodRequest {", "message GetPodRequest {\n  bool more = 90;");
    expect(await breaking(folder)).to.not.have.property("problem");
  });

  it("tells of a field that got another number", async () => {
    change("bool snapshot_only = 1;", "bool snapshot_only = 7;");
    expect((await breaking(folder)).problem).to.contain("snapshot_only");
  });
});
