import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { Code, openChannel } from "@outboard/contract";
import { expect } from "chai";
import { openProxy } from "../selftest/proxy.js";
import { answers, refuseWhen, type Rule } from "../selftest/rule.js";
import {
  eventually,
  MEMORY_COMMAND,
  MEMORY_FLAGS,
  program,
  reportIn,
  startMemory,
  temporaryFolder,
} from "./testing/program.js";

const GET = ["--test", "GET-01/unknown"];

describe("exit codes of the program", function () {
  this.timeout(180_000);

  it("0: conformant", async () => {
    const { code, out } = await program(["run", ...MEMORY_FLAGS, ...GET]);
    expect(code, out).to.equal(0);
    expect(out).to.match(/^memory 0\.1\.0: conformant \(not official: only some checks were selected/m);
  });

  /** The program against a memory provider with this fault on the way; `then` runs while the provider is still there. */
  async function withFault(
    rule: Rule,
    args: readonly string[],
    then: (endpoint: string) => Promise<void> = async () => {},
  ) {
    using folder = temporaryFolder();
    await using memory = await startMemory(folder.path);
    using channel = openChannel({ address: { kind: "unix", path: memory.socket } });
    const socket = path.join(folder.path, "p.sock");
    const proxy = await openProxy(channel, { kind: "unix", path: socket }, rule);
    try {
      const ended = await program(["run", "--endpoint", `unix://${socket}`, "--kit", "memory", ...args]);
      await then(`unix://${memory.socket}`);
      return ended;
    } finally {
      await proxy.close();
    }
  }

  it("1: a MUST failed, with clause, code, and what to type next", async () => {
    const rule = answers("getPod", () => ({}));
    const { code, out } = await withFault(rule, ["--test", "GET-02/answer"]);
    expect(code, out).to.equal(1);
    expect(out).to.contain("fail           GET-02/answer (missing)").and.contain("GET-02: GetPod of a known pod");
    expect(out).to.contain("next: outboard-conformance explain GET-02");
  });

  it("1: the provider is killed in the middle; its last output is told, and the run goes on with a new process", async () => {
    using folder = temporaryFolder();
    const pidFile = path.join(folder.path, "pid");
    const script = `echo $$ > ${pidFile}; echo last words; exec ${MEMORY_COMMAND.join(" ")} --listen {endpoint}`;
    const checks = ["--clause", "WATCH-09", "--clause", "GET-01", "--report-dir", folder.path, "-v"];
    const { code, out } = await program(["run", "--launch", `sh -c "${script}"`, "--kit", "memory", ...checks], {
      // WATCH-09 still waits for a heartbeat when GET-01 is told
      onText: (text) =>
        void (text.includes("GET-01/") && process.kill(Number(readFileSync(pidFile, "utf8")), "SIGKILL")),
    });
    expect(code, out).to.equal(1);
    expect(out).to.contain("WATCH-09/heartbeat (crash) the provider ended by SIGKILL; its last output: last words");
    const failed = reportIn(folder.path).results.filter(({ outcome }) => outcome === "fail");
    expect(failed.map((each) => each.code)).to.deep.equal(["crash"]);
  });

  it("1: the provider declares what the configuration does not expect", async () => {
    const { code, out } = await program(["run", ...MEMORY_FLAGS, ...GET, "--expect", "logs,exec,nothing"]);
    expect(code).to.equal(1);
    expect(out).to.contain("capabilities.expect: nothing is not declared");
    expect(out).to.contain("capabilities.expect: stats is declared and not expected");
  });

  it("3: nobody listens, or what was launched ends at once", async () => {
    using folder = temporaryFolder();
    const nobody = ["--endpoint", `unix://${folder.path}/none.sock`, "--kit", "memory", "--time-scale", "0.02"];
    const dead = await program(["run", ...nobody, ...GET]);
    expect(dead.code, dead.out).to.equal(3);
    expect(dead.err).to.contain("cannot be reached");
    const ends = await program(["run", "--launch", "sh -c 'echo bad flag; exit 9'", "--kit", "memory", ...GET]);
    expect(ends.code, ends.out).to.equal(3);
    expect(ends.err).to.contain("ended with code 9").and.contain("bad flag");
  });

  it("4: the report cannot be written", async () => {
    using folder = temporaryFolder();
    writeFileSync(path.join(folder.path, "file"), "");
    const { code, err } = await program(["run", ...MEMORY_FLAGS, ...GET, "--report-dir", `${folder.path}/file/x`]);
    expect(code).to.equal(4);
    expect(err).to.contain(`${folder.path}/file/x`);
  });

  it("5: nothing that was selected applies, or the kit cannot show it", async () => {
    const launch = ["run", "--launch", MEMORY_COMMAND.join(" ")];
    const none = await program([...launch, "--kit", "memory", "--test", "GET-04/backend-down"]); // needs the control service
    expect(none.code, none.out).to.equal(5);
    expect(none.out).to.contain("inconclusive");
    using folder = temporaryFolder();
    const kit = path.join(folder.path, "kit.json");
    writeFileSync(kit, JSON.stringify({ schema: "outboard-conformance-kit/v1", name: "bare" }));
    const bare = await program([...launch, "--kit", kit, ...GET, "--test", "GET-02/answer"]);
    expect(bare.code, bare.out).to.equal(5);
    expect(bare.out).to.contain("not-testable");
  });

  it("6: the baseline names what passes", async () => {
    using folder = temporaryFolder();
    const baseline = path.join(folder.path, "baseline.json");
    const entries = [{ id: "GET-01/unknown", code: "late", reason: "slow once" }];
    writeFileSync(baseline, JSON.stringify({ schema: "outboard-conformance-baseline/v1", entries }));
    const { code, out } = await program(["run", ...MEMORY_FLAGS, ...GET, "--baseline", baseline]);
    expect(code, out).to.equal(6);
    expect(out).to.contain("baseline: GET-01/unknown: it passes; remove the entry");
  });

  it("7: pods are left behind, until cleanup ends them", async () => {
    const rule = refuseWhen("releasePod", () => true, Code.INVALID_ARGUMENT);
    const { code, out } = await withFault(rule, [...GET, "--time-scale", "0.1"], async (endpoint) => {
      const cleanup = async () => await program(["cleanup", "--endpoint", endpoint, "--kit", "memory"]);
      expect(await cleanup()).to.include({ code: 0, out: "1 pods found, 0 are left\n" });
      expect(await cleanup()).to.include({ code: 0, out: "0 pods found, 0 are left\n" });
    });
    expect(code, out).to.equal(7);
    expect(out).to.match(
      /left behind: pod [0-9a-f-]{36} of GET-01\/unknown: ReleasePod was refused with INVALID_ARGUMENT/,
    );
    expect(out).to.contain("; it is in stage ENDED").and.contain("to end them: outboard-conformance cleanup");
  });

  it("0: what could not be removed at first is removed at the end", async () => {
    let calls = 0;
    const rule = refuseWhen("releasePod", () => (calls += 1) < 4);
    const { code, out } = await withFault(rule, GET);
    expect(code, out).to.equal(0);
    expect(calls).to.be.greaterThan(3);
  });

  it("130: interrupted; pods are cleaned up, the report says what did not run", async () => {
    using folder = temporaryFolder();
    const flags = [
      "--report-dir",
      folder.path,
      "-v",
      "--parallel",
      "1",
      "--test",
      "WATCH-09/heartbeat",
      "--area",
      "GET",
    ];
    let isSent = false;
    const { code, out, err } = await program(["run", ...MEMORY_FLAGS, ...flags], {
      onText: (text, child) => {
        if (isSent || !text.includes("GET-")) return;
        isSent = true;
        child.kill("SIGINT");
      },
    });
    expect(code, out).to.equal(130);
    expect(err).to.contain("interrupted: cleaning up; once more ends at once");
    const { verdict, counts, leaks, results } = reportIn(folder.path);
    expect({ verdict, leaks }).to.deep.equal({ verdict: "inconclusive", leaks: [] });
    expect(counts["not-run"]).to.be.greaterThan(0);
    expect(results.filter(({ outcome }) => outcome === "fail")).to.deep.equal([]);
  });

  it("130: a second interrupt ends it at once, its provider with it", async () => {
    using folder = temporaryFolder();
    const pidFile = path.join(folder.path, "pid");
    // it never listens and heeds no signal
    const stubborn = `sh -c 'trap "" TERM INT; echo $$ > ${pidFile}; while :; do sleep 0.1; done'`;
    let since = Number.NaN;
    const { code } = await program(["run", "--launch", stubborn, "--kit", "memory"], {
      onStart: async (child) => {
        await eventually(() => existsSync(pidFile) && readFileSync(pidFile, "utf8") !== "");
        child.kill("SIGINT");
      },
      onText: (text, child) => {
        if (!text.includes("interrupted")) return;
        since = performance.now();
        child.kill("SIGINT");
      },
    });
    expect(code).to.equal(130);
    expect(performance.now() - since).to.be.lessThan(14_000); // in order it waits 15 s for the provider
    await eventually(() => !isAlive(Number(readFileSync(pidFile, "utf8"))));
  });
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
