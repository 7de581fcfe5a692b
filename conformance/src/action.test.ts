import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect } from "chai";
import { parse } from "yaml";
import { MEMORY_COMMAND, ROOT, temporaryFolder } from "./cli/testing/program.js";

const ACTION = path.join(ROOT, "conformance");
const LAUNCH = `${MEMORY_COMMAND.join(" ")} --testing`;

interface ActionFile {
  readonly inputs: Readonly<Record<string, { readonly description: string; readonly default: string }>>;
  readonly outputs: Readonly<Record<string, { readonly value: string }>>;
  readonly runs: {
    readonly steps: readonly { readonly run: string; readonly env: Readonly<Record<string, string>> }[];
  };
}

const file = parse(readFileSync(path.join(ACTION, "action.yml"), "utf8")) as ActionFile;
const [step] = file.runs.steps;

/** Runs the step as a runner does: the script of action.yml, inputs by their variables, files for outputs. */
async function act(folder: string, inputs: Readonly<Record<string, string>>) {
  const given = Object.entries(file.inputs).map(([name, { default: value }]) => [name, inputs[name] ?? value] as const);
  const values = new Map(given);
  const env = Object.entries(step?.env ?? {}).map(([variable, expression]) => {
    const name = /^\$\{\{ inputs\.([a-z-]+) \}\}$/.exec(expression)?.[1] ?? "";
    return [variable, values.get(name) ?? ""] as const;
  });
  const files = { GITHUB_OUTPUT: path.join(folder, "output"), GITHUB_STEP_SUMMARY: path.join(folder, "summary") };
  const child = spawn("bash", ["-e", "-o", "pipefail", "-c", step?.run ?? "false"], {
    cwd: folder,
    env: { ...process.env, ...Object.fromEntries(env), ...files, GITHUB_ACTION_PATH: ACTION },
  });
  let out = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (data: Buffer) => (out += data.toString("utf8")));
  const [code] = (await once(child, "close")) as [number];
  const text = (name: string) => (existsSync(name) ? readFileSync(name, "utf8") : "");
  return { code, out, outputs: outputsOf(text(files.GITHUB_OUTPUT)), summary: text(files.GITHUB_STEP_SUMMARY) };
}

/** Reads the runner's file: NAME<<MARK, lines, MARK. */
function outputsOf(text: string): Readonly<Record<string, string>> {
  const found: Record<string, string> = {};
  const lines = text.split("\n");
  for (let at = 0; at < lines.length; at += 1) {
    const [, name, mark] = /^([^=<]+)<<(.+)$/.exec(lines[at] ?? "") ?? [];
    if (name === undefined || mark === undefined) continue;
    const end = lines.indexOf(mark, at);
    found[name] = lines.slice(at + 1, end).join("\n");
    at = end;
  }
  return found;
}

/** One quick check, and perhaps capabilities that the provider does not have. */
function writeConfig(file: string, expect: readonly string[] = []): void {
  const capabilities = expect.length === 0 ? {} : { capabilities: { expect } };
  const schema = "outboard-conformance/v1";
  writeFileSync(file, JSON.stringify({ schema, select: { tests: ["GET-01/unknown"] }, ...capabilities }));
}

describe("the action", function () {
  this.timeout(180_000);

  it("hands every input over by the environment, and no input is part of a script", () => {
    const handed = Object.values(step?.env ?? {}).map((value) => /inputs\.([a-z-]+)/.exec(value)?.[1]);
    expect(handed).to.have.members(Object.keys(file.inputs));
    expect(file.runs.steps.map(({ run }) => run).join("")).to.not.contain("${{");
    const entry = readFileSync(path.join(ACTION, "action/entry.mjs"), "utf8");
    for (const name of Object.keys(file.inputs)) expect(entry, name).to.contain(`"${name}"`);
    for (const [name, { value }] of Object.entries(file.outputs))
      expect(value).to.equal(`\${{ steps.run.outputs.${name} }}`);
  });

  it("judges a provider, and gives verdict, counts, report and summary", async () => {
    using folder = temporaryFolder();
    const config = path.join(folder.path, "c.yaml");
    writeConfig(config);
    const { code, out, outputs, summary } = await act(folder.path, { launch: LAUNCH, kit: "memory", config });
    expect(code, out).to.equal(0);
    expect(outputs).to.include({ verdict: "conformant", official: "false", failed: "0", "exit-code": "0" });
    expect(Number(outputs["passed"])).to.be.greaterThan(1);
    expect(outputs["report"]).to.equal(path.join(folder.path, "conformance-report/report.json"));
    expect(existsSync(outputs["report"] ?? "")).to.equal(true);
    expect(summary).to.match(/^# Conformance of memory/);
    expect(Object.keys(outputs)).to.have.members(Object.keys(file.outputs));
  });

  it("takes hostile values as values", async () => {
    using folder = temporaryFolder();
    const evil = "x'; touch hacked; $(touch hacked) `touch hacked` \" ${{ secrets.X }}\nverdict=conformant\n--bail";
    for (const name of ["profile", "kit", "config", "endpoint", "shard", "level", "fail-on", "working-directory"]) {
      const { code, outputs, out } = await act(folder.path, { launch: LAUNCH, kit: "memory", [name]: evil });
      expect(code, `${name}: ${out}`).to.equal(2);
      expect(outputs["verdict"] ?? "", name).to.equal("");
    }
    const dash = await act(folder.path, { launch: "--insecure", kit: "memory" });
    expect(dash.code, dash.out).to.equal(3); // a program of this name, which there is not
    const dir = await act(folder.path, {
      endpoint: "unix:///none",
      kit: "memory",
      "report-dir": `a\nverdict<<X\nconformant\nX`,
      profile: "no",
    });
    expect(dir.outputs["verdict"]).to.equal("");
    expect(existsSync(path.join(folder.path, "hacked"))).to.equal(false);
  });

  it("ends as the suite ends, and with fail-on never only after a run", async () => {
    using folder = temporaryFolder();
    const config = path.join(folder.path, "c.yaml");
    writeConfig(config, ["nothing"]);
    const inputs = { launch: LAUNCH, kit: "memory", config };
    expect((await act(folder.path, inputs)).code).to.equal(1);
    expect((await act(folder.path, { ...inputs, "fail-on": "never" })).code).to.equal(0);
    const nobody = await act(folder.path, { launch: "sh -c 'exit 1'", kit: "memory", "fail-on": "never" });
    expect(nobody.code, nobody.out).to.equal(3);
    expect(nobody.outputs).to.include({ "exit-code": "3", report: "", verdict: "" });
  });
});
