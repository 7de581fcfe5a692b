import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { expect } from "chai";
import { BINARIES, Program } from "./testing/program.js";
import { createTempFolder, type TempFolder } from "./testing/temp-folder.js";

function outboard(...args: readonly string[]): Program {
  return new Program(BINARIES.outboard, args);
}

/** A provider of the memory kind that listens. */
async function startProvider(temp: TempFolder, name = "p.sock"): Promise<Program> {
  const provider = new Program(BINARIES.memory, ["--listen", `unix://${temp.at(name)}`]);
  await provider.until(() => existsSync(temp.at(name)), "the provider listens");
  return provider;
}

function standalone(temp: TempFolder, ...more: readonly string[]): Program {
  return standaloneIn(temp, "state", ...more);
}

function standaloneIn(temp: TempFolder, state: string, ...more: readonly string[]): Program {
  const folders = ["--manifests", temp.at("pods"), "--state", temp.at(state)];
  const ports = ["--kubelet-port", "0", "--management-port", "0"];
  return outboard("standalone", "--provider", `unix://${temp.at("p.sock")}`, ...folders, ...ports, ...more);
}

function writePod(temp: TempFolder, name: string, more = ""): void {
  mkdirSync(temp.at("pods"), { recursive: true });
  const head = `apiVersion: v1\nkind: Pod\nmetadata:\n  name: ${name}\n`;
  writeFileSync(
    temp.at(`pods/${name}.yaml`),
    `${head}${more}spec: {restartPolicy: Never, containers: [{name: c, image: i}]}\n`,
  );
}

const ENDS_AT_ONCE = '  annotations: {memory.outboard.dev/run-ms: "50"}\n';

interface JsonLine {
  readonly uid: string;
  readonly name: string;
  readonly status: { readonly phase: string };
}

function jsonLines(program: Program): readonly JsonLine[] {
  return program.lines.map((line) => JSON.parse(line) as JsonLine);
}

function phaseOf(program: Program, name: string): string | undefined {
  return jsonLines(program).findLast((line) => line.name === name)?.status.phase;
}

describe("the program outboard", function () {
  this.timeout(120_000);

  it("says its version and its help and ends with 0", async () => {
    const version = outboard("--version");
    expect(await version.exit()).to.equal(0);
    expect(version.stdout).to.match(/^\d+\.\d+\.\d+\n$/);
    const help = outboard("gateway", "--help");
    expect(await help.exit()).to.equal(0);
    expect(help.stdout).to.contain("--node-name VALUE");
  });

  it("ends with 2 and its help on the error output for no command and an unknown one", async () => {
    for (const args of [[], ["serve"]]) {
      const program = outboard(...args);
      expect(await program.exit()).to.equal(2);
      expect(program.stderr).to.contain("outboard standalone");
      expect(program.stdout).to.equal("");
    }
  });

  it("names all five mistakes of one file at once and ends with 2", async () => {
    using temp = createTempFolder();
    const file = temp.at("gateway.yaml");
    writeFileSync(
      file,
      [
        "node: { name: Not_A_Name, taints: [bad] }",
        "provider: { address: /run/p.sock }",
        "kubelet: { port: 70000 }",
        "pods: { clusterDNS: [dns.example] }",
      ].join("\n"),
    );
    const program = outboard("gateway", "--config", file);
    expect(await program.exit()).to.equal(2);
    expect(program.errorLines).to.have.length(5);
    for (const path of ["node.name", "node.taints", "provider.address", "kubelet.port", "pods.clusterDNS"]) {
      expect(program.stderr).to.contain(`outboard gateway: ${file}: ${path}: `);
    }
  });

  it("ends with 1 and one line when the manifest folder is not there", async () => {
    using temp = createTempFolder();
    const program = standalone(temp, "--log-level", "silent");
    expect(await program.exit()).to.equal(1);
    expect(program.errorLines).to.deep.equal([
      `outboard standalone: ${temp.at("pods")}: the folder cannot be read (ENOENT)`,
    ]);
  });

  it("ends with 1 and one line when another process holds the state folder", async () => {
    using temp = createTempFolder();
    writePod(temp, "web");
    await using first = standalone(temp, "--log-level", "silent");
    await first.until(() => existsSync(temp.at("state/ports.json")), "the first one runs");
    const second = standalone(temp, "--log-level", "silent");
    expect(await second.exit()).to.equal(1);
    expect(second.errorLines).to.deep.equal([
      `outboard standalone: ${temp.at("state")}: in use by process ${first.pid}`,
    ]);
  });

  it("ends with 3 and one line when the provider belongs to another", async () => {
    using temp = createTempFolder();
    await using _provider = await startProvider(temp);
    writePod(temp, "web");
    await using owner = standalone(temp, "--output", "json");
    await owner.until(() => phaseOf(owner, "web") === "Running", "web runs");
    const strange = standaloneIn(temp, "other", "--log-level", "silent");
    expect(await strange.exit()).to.equal(3);
    expect(strange.errorLines).to.have.length(1);
    expect(strange.errorLines[0]).to.match(/^outboard standalone: the provider belongs to another cluster or node: /);
    expect(phaseOf(owner, "web")).to.equal("Running");
  });
});

describe("standalone mode", function () {
  this.timeout(120_000);

  it("runs pods without a cluster and ends with 0 soon after SIGTERM", async () => {
    using temp = createTempFolder();
    await using _provider = await startProvider(temp);
    writePod(temp, "web");
    await using program = standalone(temp);
    await program.until(() => program.stdout.includes("Running"), "web runs");
    expect(program.lines[0]).to.match(/^NAME +READY +STATUS +RESTARTS$/);
    expect(program.lines.at(-1)).to.match(/^web +1\/1 +Running +0$/);
    const before = performance.now();
    expect(await program.end()).to.equal(0);
    expect(performance.now() - before).to.be.below(5_000);
    expect(existsSync(temp.at("state/lock"))).to.equal(false);
    expect(existsSync(temp.at("state/ports.json"))).to.equal(false);
  });

  it("ends with 0 on SIGTERM while the provider is away", async () => {
    using temp = createTempFolder();
    writePod(temp, "web");
    await using program = standalone(temp);
    await program.until(() => program.stderr.includes("provider lost"), "the provider is missed");
    expect(await program.end("SIGINT")).to.equal(0);
    expect(program.stderr.match(/provider lost/g)).to.have.length(1);
  });

  it("with --once ends by itself when every pod has ended, and again when there is nothing left to do", async () => {
    using temp = createTempFolder();
    await using _provider = await startProvider(temp);
    writePod(temp, "job", ENDS_AT_ONCE);
    const first = standalone(temp, "--once", "--output", "json");
    expect(await first.exit()).to.equal(0);
    const [{ uid } = { uid: "" }] = jsonLines(first);
    expect(phaseOf(first, "job")).to.equal("Succeeded");
    const second = standalone(temp, "--once", "--output", "json");
    expect(await second.exit()).to.equal(0);
    expect(second.lines, "nothing ran again").to.deep.equal([]);
    writePod(temp, "next", ENDS_AT_ONCE);
    const third = standalone(temp, "--once", "--output", "json");
    expect(await third.exit()).to.equal(0);
    expect(new Set(jsonLines(third).map(({ name }) => name))).to.deep.equal(new Set(["next"]));
    expect(jsonLines(third).some((line) => line.uid === uid)).to.equal(false);
  });

  it("with --once ends with 1 when a manifest was not taken", async () => {
    using temp = createTempFolder();
    await using _provider = await startProvider(temp);
    writePod(temp, "job", ENDS_AT_ONCE);
    writeFileSync(temp.at("pods/bad.yaml"), "kind: Pod\n");
    const program = standalone(temp, "--once");
    expect(await program.exit()).to.equal(1);
    expect(program.stderr).to.contain(`${temp.at("pods/bad.yaml")}:1: `);
    expect(program.errorLines.at(-1)).to.equal(
      `outboard standalone: ${temp.at("pods")}: some manifests were not taken`,
    );
  });

  it("keeps UIDs and running pods over kill -9 and a restart", async () => {
    using temp = createTempFolder();
    await using _provider = await startProvider(temp);
    writePod(temp, "web");
    await using first = standalone(temp, "--output", "json");
    await first.until(() => phaseOf(first, "web") === "Running", "web runs");
    const [{ uid } = { uid: "" }] = jsonLines(first);
    await first.end("SIGKILL");
    await using second = standalone(temp, "--output", "json");
    await second.until(() => existsSync(temp.at("state/ports.json")), "the second one is up");
    rmSync(temp.at("pods/web.yaml"));
    await second.until(() => second.stdout.includes('"gone":true'), "web is gone");
    expect(jsonLines(second).every((line) => line.uid === uid)).to.equal(true);
  });

  it("ends with 0 when nobody reads its output any more", async () => {
    using temp = createTempFolder();
    await using _provider = await startProvider(temp);
    writePod(temp, "web");
    const command = ["standalone", "--provider", `unix://${temp.at("p.sock")}`, "--manifests", temp.at("pods")].join(
      " ",
    );
    const shell = new Program("-e", [
      `const { spawnSync } = require("node:child_process");
       const { status } = spawnSync("sh", ["-c", "{ ${process.execPath} ${BINARIES.outboard} ${command} --kubelet-port 0 --management-port 0 --log-level silent; echo rc $? >&2; } | head -1"], { stdio: "inherit" });
       process.exit(status);`,
    ]);
    expect(await shell.exit()).to.equal(0);
    expect(shell.stderr).to.equal("rc 0\n");
  });

  it("lets its own client call the kubelet API, and nobody else", async () => {
    using temp = createTempFolder();
    await using _provider = await startProvider(temp);
    writePod(temp, "web");
    await using program = standalone(temp);
    await program.until(() => program.stdout.includes("Running"), "web runs");
    const { kubelet, management } = JSON.parse(readFileSync(temp.at("state/ports.json"), "utf8")) as Record<
      string,
      number
    >;
    const identity = {
      cert: readFileSync(temp.at("state/client.crt")),
      key: readFileSync(temp.at("state/client.key")),
    };
    const allowed = await get(`https://127.0.0.1:${kubelet}/pods`, identity);
    expect(allowed.status).to.equal(200);
    expect(
      (JSON.parse(allowed.body) as { items: readonly { metadata: { name: string } }[] }).items[0]?.metadata.name,
    ).to.equal("web");
    expect((await get(`https://127.0.0.1:${kubelet}/pods`, {})).status).to.equal(401);
    expect(await (await fetch(`http://127.0.0.1:${management}/healthz`)).text()).to.equal("ok");
  });
});

describe("inspect", function () {
  this.timeout(120_000);

  it("ends with 1 and one line for a socket where nobody listens", async () => {
    using temp = createTempFolder();
    const address = `unix://${temp.at("p.sock")}`;
    const program = outboard("inspect", "--provider", address);
    expect(await program.exit()).to.equal(1);
    expect(program.errorLines).to.deep.equal([
      `outboard inspect: ${address}: the provider does not answer (UNAVAILABLE)`,
    ]);
    expect(program.stdout).to.equal("");
  });

  it("leaves a running gateway alone, twenty times over", async () => {
    using temp = createTempFolder();
    await using _provider = await startProvider(temp);
    writePod(temp, "web");
    await using program = standalone(temp, "--log-level", "debug", "--output", "json");
    await program.until(() => phaseOf(program, "web") === "Running", "web runs");
    for (let round = 0; round < 4; round++) {
      const looks = Array.from({ length: 5 }, () =>
        outboard("inspect", "--provider", `unix://${temp.at("p.sock")}`, "-o", "json"),
      );
      for (const look of looks) {
        expect(await look.exit(), look.stderr).to.equal(0);
        expect((JSON.parse(look.stdout) as { pods: unknown }).pods).to.deep.equal({ started: 1 });
      }
    }
    writePod(temp, "second");
    await program.until(() => phaseOf(program, "second") === "Running", "the second pod runs");
    expect(program.stderr.match(/"session opened"/g)).to.have.length(1);
    expect(program.stderr).to.not.contain("provider lost");
  });
});

function get(
  url: string,
  identity: { readonly cert?: Buffer; readonly key?: Buffer },
): Promise<{ readonly status: number; readonly body: string }> {
  return new Promise((resolve, reject) => {
    const call = request(url, { rejectUnauthorized: false, agent: false, ...identity }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (text: string) => (body += text));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body }));
    });
    call.on("error", reject).end();
  });
}
