import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { expect } from "chai";

const SDK = new URL("../index.js", import.meta.url).href;
const CANARY = "canary-77d0";

/** A program of one screen; `body` is the inside of its build function. */
function program(body: string): string {
  return `
    import { runProvider, SettingsError } from ${JSON.stringify(SDK)};
    const provider = {
      describe: () => ({ name: "tiny", version: "1", capabilities: [], features: [] }),
      start: async () => {}, stop: async () => console.log("stopped"), node: () => ({ state: "ready" }),
      createPod: async () => ({ backendId: "" }), stopPod: async () => {}, releasePod: async () => {}, updateInputs: async () => {},
    };
    await runProvider("tiny", (settings, tools) => { ${body}; return { provider, serve: { owner: { clusterId: "c", nodeName: "n" } } }; },
      process.argv.slice(1), [{ name: "answer", kind: "number", help: "the answer" }]);
  `;
}

describe("runProvider", function () {
  this.timeout(15_000);
  let folder = "";
  before(() => (folder = mkdtempSync(path.join(os.tmpdir(), "run-"))));
  after(() => rmSync(folder, { recursive: true }));

  async function run(
    body: string,
    flags: readonly string[],
    onOutput: (kill: (signal: NodeJS.Signals) => void, output: string) => void = () => {},
  ) {
    const child = spawn(process.execPath, ["--input-type=module", "-e", program(body), "--", ...flags]);
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (chunk: Buffer) => {
        output += chunk.toString();
        onOutput((signal) => child.kill(signal), chunk.toString());
      });
    }
    const exit = await new Promise<number | null>((resolve) => child.once("close", resolve));
    return { exit, output };
  }

  const listen = () => ["--listen", `unix://${folder}/s`];

  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    it(`stops the provider and ends with 0 on ${signal}, even when it comes early and twice`, async () => {
      const { exit, output } = await run("", listen(), (kill, text) => {
        if (/provider started|provider ends/.test(text)) kill(signal);
      });
      expect([exit, output.includes("stopped")]).to.deep.equal([0, true]);
    });
  }

  it("ends with 0 also under signals that go on until it is gone", async () => {
    let storm: NodeJS.Timeout | undefined;
    const { exit, output } = await run("", listen(), (kill, text) => {
      if (text.includes("provider started")) storm ??= setInterval(() => kill("SIGTERM"), 1);
    });
    clearInterval(storm);
    expect([exit, output.includes("stopped")]).to.deep.equal([0, true]);
  });

  it("gives the settings of flags and file to the provider, and sets the umask", async () => {
    const config = path.join(folder, "c.json");
    writeFileSync(config, JSON.stringify({ answer: 42, listen: `unix://${folder}/s2` }));
    const body = `console.log("answer", settings.number("answer"), process.umask().toString(8))`;
    const { output } = await run(
      body,
      ["--config", config],
      (kill, text) => text.includes("provider listens") && kill("SIGTERM"),
    );
    expect(output).to.contain("answer 42 77");
  });

  it("puts its socket into a private folder", async () => {
    const socket = path.join(folder, "made", "s");
    let modes: readonly number[] = [];
    await run("", ["--listen", `unix://${socket}`], (kill, text) => {
      if (!text.includes("provider listens") || !existsSync(socket)) return;
      modes = [statSync(path.dirname(socket)).mode & 0o777, statSync(socket).mode & 0o777];
      kill("SIGTERM");
    });
    expect(modes).to.deep.equal([0o700, 0o600]);
  });

  it("needs --listen, and passes on what the provider says about its settings", async () => {
    expect(await run("", [])).to.deep.equal({ exit: 2, output: "tiny: --listen is required\n" });
    const { exit, output } = await run(`throw new SettingsError("--answer: must be 42")`, listen());
    expect([exit, output]).to.deep.equal([2, "tiny: --answer: must be 42\n"]);
  });

  it("prints one line and ends with 1 when it cannot listen", async () => {
    const file = path.join(folder, "file");
    writeFileSync(file, "");
    const { exit, output } = await run("", ["--listen", `unix://${file}`]);
    expect(exit).to.equal(1);
    expect(output.trim().split("\n").at(-1)).to.match(/^tiny: cannot listen on .*file/);
  });

  it("prints its flags for --help", async () => {
    const { exit, output } = await run("", ["--help"]);
    expect(exit).to.equal(0);
    expect(output).to.contain("--listen TEXT").and.contain("--answer N").and.contain("the answer");
  });

  it("dies of an uncaught error without its text", async () => {
    const body = `setTimeout(() => { throw new Error(${JSON.stringify(CANARY)}); }, 100)`;
    const { exit, output } = await run(body, listen());
    expect(exit).to.equal(1);
    expect(output).to.contain("uncaught error").and.not.contain(CANARY);
  });

  it("dies of an unhandled rejection without its text", async () => {
    const body = `setTimeout(() => { Promise.reject(new Error(${JSON.stringify(CANARY)})); }, 100)`;
    const { exit, output } = await run(body, listen());
    expect(exit).to.equal(1);
    expect(output).to.contain("uncaught error").and.not.contain(CANARY);
  });
});
