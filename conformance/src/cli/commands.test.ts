import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect } from "chai";
import { REPORT } from "../report/sample.js";
import { UsageError } from "./arguments.js";
import { COMMANDS } from "./commands.js";
import { commandHelp, programHelp } from "./help.js";
import { MEMORY_FLAGS, program, temporaryFolder } from "./testing/program.js";

const folder = temporaryFolder();
const inFolder = (name: string) => path.join(folder.path, name);
after(() => folder[Symbol.dispose]());

before(() => {
  mkdirSync(folder.path, { recursive: true });
  writeFileSync(inFolder("report.json"), JSON.stringify(REPORT));
  writeFileSync(inFolder("broken.json"), "{");
  writeFileSync(inFolder("other.json"), '{ "schema": "other" }');
  writeFileSync(
    inFolder("baseline.json"),
    '{ "schema": "outboard-conformance-baseline/v1", "entries": [{ "id": 1 }] }',
  );
});

describe("help", () => {
  it("has every command, and for each its usage and its flags", () => {
    for (const [name, command] of Object.entries(COMMANDS)) {
      expect(programHelp(COMMANDS)).to.contain(`  ${name} `);
      const help = commandHelp(command);
      expect(help).to.match(new RegExp(`^outboard-conformance ${name}`));
      if (command.groups.includes("target")) expect(help).to.contain("--endpoint ADDRESS");
    }
  });

  it("is what the program prints", async () => {
    const { code, out } = await program(["cleanup", "--help"]);
    expect({ code, out }).to.deep.equal({ code: 0, out: `${commandHelp(COMMANDS["cleanup"] as never)}\n` });
  });
});

describe("wrong use", function () {
  this.timeout(180_000);

  /** Arguments and the one sentence that the program says of them. */
  const WRONG: readonly (readonly [readonly string[], string])[] = [
    [["run"], "give --endpoint unix:///SOCKET or --launch 'COMMAND --listen {endpoint}'"],
    [["run", "--endpoint", "file:///x"], '--endpoint: address "file:///x": must start with unix:/// or tcp://'],
    [
      ["run", "--endpoint", "tcp://h:1"],
      "--endpoint: give --tls-ca, --tls-cert and --tls-key, or --insecure, for a tcp://",
    ],
    [["run", ...MEMORY_FLAGS, "--tls-ca", "x"], "--tls-ca, --tls-cert and --tls-key belong together"],
    [["run", ...MEMORY_FLAGS, "--shard", "3/2"], '--shard: "3/2" must be N/M with N from 1 to M'],
    [["run", ...MEMORY_FLAGS, "--requirements", "9.9"], "--requirements: there is no set 9.9; there are"],
    [
      ["run", ...MEMORY_FLAGS, "--clause", "GET-0"],
      "--clause: GET-0 matches no check of profile full; did you mean GET-01?",
    ],
    [["run", ...MEMORY_FLAGS, "--grep", "no such text"], "the selection is empty: no check is left to run"],
    [["run", ...MEMORY_FLAGS, "--profile", "core", "--area", "EXEC"], "--area: EXEC matches no check of profile core"],
    [["run", ...MEMORY_FLAGS, "--baseline", "none.json"], "--baseline: none.json"],
    [["run", ...MEMORY_FLAGS, "--only-failed", inFolder("none.json")], "--only-failed: there is no report"],
    [["run", ...MEMORY_FLAGS, "--launch-env", "A=env:NOT_SET"], "--launch-env: A asks for NOT_SET, which is not set"],
    [["run", "--endpoint", "unix:///x", "--kit", inFolder("broken.json")], `--kit: ${inFolder("broken.json")}`],
    [["list", "--from", "x"], "list: say either --expected or --estimate"],
    [["explain"], 'explain: there is no clause ""'],
    [["explain", "--all", "X"], "explain: say either a clause or --all"],
    [["repro", inFolder("report.json"), "z"], 'repro: the report has no check "z"'],
    [["report", "convert"], "report convert: name a JSON report"],
    [["report", "turn"], 'report: say convert, merge or verify, not "turn"'],
    [["report", "verify", inFolder("broken.json")], `report verify: ${inFolder("broken.json")}: `],
    [["report", "verify", inFolder("other.json")], "other.json: schema must be outboard-conformance-report/v1"],
    [["report", "merge", inFolder("report.json")], "report merge: name the folder for the whole report"],
    [["baseline", "turn"], "baseline: say update or check"],
    [["baseline", "check", inFolder("report.json")], "baseline check: name the baseline file after the report"],
    [["baseline", "check", inFolder("report.json"), inFolder("baseline.json")], "baseline.json: entries[0].id must be"],
    [["diff", "1"], "diff: name two reports or two requirement sets"],
    [["diff", "draft", "draft", "more"], 'diff: "more" is one word too many'],
    [["diff", "draft", "draft", "--agianst", "x"], "diff: there is no flag --agianst; did you mean against?"],
    [["init", folder.path, "--kti", "x"], "there is no flag --kti here; did you mean --kit?"],
    [["bench", "--endpoint", "unix:///x", "--area", "GET"], "there is no flag --area here"],
    [["selftest", ...MEMORY_FLAGS, "--mutant", "NONE"], "--mutant"],
  ];

  /** What a command throws; undefined where it does not. */
  async function mistake([name = "", ...args]: readonly string[]): Promise<unknown> {
    const context = { folder: folder.path, signal: new AbortController().signal, print: () => {} };
    try {
      await COMMANDS[name]?.run(args, context);
    } catch (error) {
      return error;
    }
    return undefined;
  }

  it("is one sentence that names flag, file or field", async () => {
    for (const [args, text] of WRONG) {
      const error = await mistake(args);
      expect(error, args.join(" ")).to.be.instanceOf(UsageError);
      const { message } = error as Error;
      expect(message, args.join(" ")).to.contain(text);
      expect(message.split("\n"), args.join(" ")).to.have.length(1);
    }
  });

  it("is exit code 2, with the sentence alone on standard error", async () => {
    const ends = await Promise.all([program(["rum"]), program(["run", ...MEMORY_FLAGS, "--grep", "no such text"])]);
    expect(ends).to.deep.equal([
      { code: 2, out: "", err: 'there is no command "rum"; did you mean run? (see --help)\n' },
      { code: 2, out: "", err: "the selection is empty: no check is left to run\n" },
    ]);
  });
});
