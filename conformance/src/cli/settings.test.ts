import { writeFileSync } from "node:fs";
import path from "node:path";
import { expect } from "chai";
import { readConfigFile } from "./config-file.js";
import { FLAGS } from "./flags.js";
import { readSettings } from "./settings.js";
import { temporaryFolder } from "./testing/program.js";

const folder = temporaryFolder();
after(() => folder[Symbol.dispose]());

/** A configuration file with these lines behind the schema. */
function file(...lines: readonly string[]): string {
  const name = path.join(folder.path, "c.yaml");
  writeFileSync(name, ["schema: outboard-conformance/v1", ...lines].join("\n"));
  return name;
}

const read = (argv: readonly string[], env: Readonly<Record<string, string>> = {}) => readSettings({ argv, env });

describe("settings", () => {
  it("come from the flag, else the environment, else the file, else the default", () => {
    const config = file("kit: in-file", "limits: { parallel: 3 }", "profile: core");
    const env = { OUTBOARD_CONFORMANCE_KIT: "in-env", OUTBOARD_CONFORMANCE_PARALLEL: "4" };
    const settings = read(["--config", config, "--kit", "in-flag"], env);
    expect(settings.text("kit")).to.equal("in-flag");
    expect(settings.number("parallel")).to.equal(4);
    expect(settings.text("profile")).to.equal("core");
    expect(settings.number("time-scale")).to.equal(1);
    const lines = settings.describe().map((line) => line.replace(/ +/g, " "));
    expect(lines).to.include.members([
      'kit "in-flag" (--kit)',
      'parallel "4" (OUTBOARD_CONFORMANCE_PARALLEL)',
      `profile "core" (${config}: profile)`,
      "time-scale 1 (default)",
    ]);
  });

  it("take lists by several flags, by commas, and by YAML lists", () => {
    expect(read(["--area", "GET", "--area", "HS,REL"]).list("area")).to.deep.equal(["GET", "HS", "REL"]);
    expect(read([], { OUTBOARD_CONFORMANCE_AREA: "GET, HS" }).list("area")).to.deep.equal(["GET", "HS"]);
    expect(read(["--config", file("select: { areas: [GET] }")]).list("area")).to.deep.equal(["GET"]);
  });

  it("take a command as text or as words, and variables for it, whose values are not shown", () => {
    const config = file("target:", "  launch:", '    command: ["./p", "a b"]', "    env: { TOKEN: very-secret-token }");
    const settings = read(["--config", config]);
    expect(settings.command("launch")).to.deep.equal(["./p", "a b"]);
    expect(settings.pairs("launch-env")).to.deep.equal({ TOKEN: "very-secret-token" });
    expect(settings.describe().join("\n")).to.contain("[redacted]").and.not.contain("very-secret");
    expect(read(["--launch", "./p 'a b'"]).command("launch")).to.deep.equal(["./p", "a b"]);
    expect(read(["--launch-env", "A=b=c"]).pairs("launch-env")).to.deep.equal({ A: "b=c" });
  });

  it("tell every mistake with its origin", () => {
    const mistakes: readonly (readonly [() => unknown, string])[] = [
      [() => read(["--parallel", "x"]).number("parallel"), '--parallel: "x" is no number'],
      [() => read(["--repeat", "0"]).number("repeat"), '--repeat: "0" must be a whole number, 1 or more'],
      [() => read(["--profile", "all"]).text("profile"), '--profile: "all" must be one of core, interactive'],
      [() => read(["--formats", "json,xml"]).list("formats"), '--formats: "xml" must be one of json'],
      [() => read(["--launch-env", "X"]).pairs("launch-env"), "--launch-env: must be NAME=VALUE"],
      [() => read(["--launch", "  "]).command("launch"), "--launch: the command is empty"],
      [() => read(["--reprot-dir", "x"]), "there is no flag --reprot-dir here; did you mean --report-dir?"],
      [() => read(["word"]), "Unexpected argument 'word'"],
      [() => read(["--kit"]), "'--kit <value>' argument missing"],
      [
        () => read([], { OUTBOARD_CONFORMANCE_KITT: "x" }),
        "there is no variable OUTBOARD_CONFORMANCE_KITT; did you mean",
      ],
      [
        () => read([], { OUTBOARD_CONFORMANCE_BAIL: "yes" }).isSet("bail"),
        'OUTBOARD_CONFORMANCE_BAIL: "yes" must be true',
      ],
    ];
    for (const [run, text] of mistakes) expect(run, text).to.throw(text);
  });
});

describe("the configuration file", () => {
  it("names the key that is wrong, and the one that may be meant", () => {
    const mistakes: readonly (readonly [string, string])[] = [
      ["kti: memory", "there is no key kti; did you mean kit?"],
      ["target: { endpont: x }", "there is no key target.endpont; did you mean endpoint?"],
      ["target: { launch: { comand: x } }", "there is no key target.launch.comand; did you mean command?"],
      ["target: here", "target must be a mapping"],
      ["limits: { parallel: many }", "limits.parallel must be a number"],
      ["limits: { bail: 1 }", "limits.bail must be true or false"],
      ["select: { areas: GET }", "select.areas must be a list of texts"],
      ["requirements: 1.0", "requirements must be a text (put it in quotes)"],
      ["kit: [", "Flow sequence in block collection must be sufficiently indented"],
    ];
    for (const [line, text] of mistakes) {
      const name = file(line);
      expect(() => readConfigFile(name), line)
        .to.throw(text)
        .with.property("message")
        .that.contains(name);
    }
  });

  it("must have the schema, and be there", () => {
    const name = path.join(folder.path, "other.yaml");
    writeFileSync(name, "schema: other/v1\n");
    expect(() => readConfigFile(name)).to.throw(`${name}: schema must be outboard-conformance/v1`);
    writeFileSync(name, "");
    expect(() => readConfigFile(name)).to.throw(`${name}: must be a mapping`);
    expect(() => readConfigFile(`${name}x`)).to.throw(`--config: there is no file ${name}x`);
  });

  it("has one key for each setting at most", () => {
    const keys = Object.values(FLAGS).flatMap(({ key }) => key ?? []);
    expect(new Set(keys).size).to.equal(keys.length);
  });
});
