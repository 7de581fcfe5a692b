import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { expect } from "chai";
import { type FlagSpec, readSettings, type Settings, SettingsError } from "./settings.js";

const SPECS: readonly FlagSpec[] = [
  { name: "config", kind: "text", help: "" },
  { name: "state", kind: "text", help: "" },
  { name: "max-pods", kind: "number", help: "" },
  { name: "testing", kind: "switch", help: "" },
  { name: "without", kind: "list", help: "" },
];

describe("readSettings", () => {
  let folder = "";
  before(() => (folder = mkdtempSync(path.join(os.tmpdir(), "settings-"))));
  after(() => rmSync(folder, { recursive: true }));

  function withFile(content: string, ...argv: readonly string[]): Settings {
    const file = path.join(folder, "c.json");
    writeFileSync(file, content);
    return readSettings([...argv, "--config", file], SPECS);
  }

  function problemOf(read: () => unknown): string {
    try {
      read();
    } catch (error) {
      if (error instanceof SettingsError) return error.message;
      throw error;
    }
    throw new Error("the settings were taken");
  }

  it("takes each kind of flag", () => {
    const settings = readSettings(
      ["--state", "/s", "--max-pods=5", "--testing", "--without", "a", "--without", "b"],
      SPECS,
    );
    expect([settings.text("state"), settings.number("max-pods"), settings.isOn("testing")]).to.deep.equal([
      "/s",
      5,
      true,
    ]);
    expect(settings.list("without")).to.deep.equal(["a", "b"]);
  });

  it("lets flags win over the file", () => {
    const settings = withFile('{"state": "/file", "max-pods": 3, "without": ["x"]}', "--state", "/flag");
    expect([settings.text("state"), settings.number("max-pods")]).to.deep.equal(["/flag", 3]);
    expect(settings.list("without")).to.deep.equal(["x"]);
  });

  const wrong: readonly (readonly [string, readonly string[]])[] = [
    ["--max-pods: must be a number", ["--max-pods", "many"]],
    ["--max-pods: must be a number", ["--max-pods=-1"]],
    ["'--bogus'", ["--bogus"]],
    ["'surplus'", ["surplus"]],
    ["/nowhere: cannot be read (ENOENT)", ["--config", "/nowhere"]],
  ];
  for (const [text, argv] of wrong) {
    it(`says in one line what is wrong with ${argv.join(" ")}`, () => {
      const problem = problemOf(() => readSettings(argv, SPECS));
      expect(problem).to.contain(text).and.not.contain("\n");
    });
  }

  it("names the file and the setting that is wrong", () => {
    expect(problemOf(() => withFile('{"bogus": 1}'))).to.match(/c\.json: there is no setting "bogus"/);
    expect(problemOf(() => withFile('{"testing": "yes"}'))).to.match(/c\.json: testing: must be true or false/);
    expect(problemOf(() => withFile("[]"))).to.match(/c\.json: must hold one JSON object/);
    expect(problemOf(() => withFile("{"))).to.match(/c\.json: must hold one JSON object/);
  });
});
