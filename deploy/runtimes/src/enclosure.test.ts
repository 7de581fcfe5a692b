import { spawn } from "node:child_process";
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { eventually } from "@outboard/devcluster";
import { runEnclosed, sweepEnclosures } from "./enclosure.js";
import { requireRuntimes } from "./test-gate.js";

describe("runEnclosed", () => {
  let scratch: string;

  before(async function () {
    await requireRuntimes(this, []);
    scratch = mkdtempSync(join(tmpdir(), "enclosure-test-"));
  });

  after(() => {
    if (scratch !== undefined) rmSync(scratch, { recursive: true, force: true });
  });

  it("gives the command a network, processes, cgroups and a temporary folder of its own", async () => {
    const out = join(scratch, "seen");
    await runEnclosed("sh", [
      "-c",
      `{ echo $TMPDIR; ip -o addr show; ps ax -o comm; sed s/^/cgroup:/ /proc/self/cgroup; } >${out}`,
    ]);
    const text = readFileSync(out, "utf8");
    expect(text).to.contain("10.200.0.1/24").and.contain("127.0.0.1");
    expect(text).to.not.match(/^node$/m);
    const groups = text.match(/^cgroup:.*$/gm) ?? [];
    expect(groups).to.not.be.empty;
    expect(groups.filter((line) => !/:\/(init)?$/.test(line))).to.be.empty;
    expect(existsSync(text.split("\n")[0] ?? "")).to.equal(false);
  });

  it("answers the exit code of the command", async () => {
    expect(await runEnclosed("sh", ["-c", "exit 7"])).to.deep.equal({ code: 7 });
  });

  it("ends what the command left behind, and removes its cgroups", async () => {
    const marker = `${Date.now() % 100_000}.5`;
    await runEnclosed("sh", [
      "-c",
      `setsid sleep ${marker} & for root in /sys/fs/cgroup/*/; do mkdir $root/deep; done`,
    ]);
    await eventually(() => !isRunning(marker), { message: "the process that was left behind ended" });
    expect(ownGroups(process.pid)).to.be.empty;
  });

  it("kills everything inside when the signal is aborted", async () => {
    const started = join(scratch, "started");
    const abort = new AbortController();
    const running = runEnclosed("sh", ["-c", `touch ${started}; sleep 99991`], { signal: abort.signal });
    await eventually(() => existsSync(started), { message: "the command started" });
    abort.abort();
    expect((await running).code).to.equal(137);
    await eventually(() => !isRunning("99991"), { message: "the command ended" });
  });

  it("vanishes when its owner is killed, and a later sweep removes the rest", async () => {
    const started = join(scratch, "owned");
    const script = `import { runEnclosed } from ${JSON.stringify(import.meta.resolve("./enclosure.js"))};
      await runEnclosed("sh", ["-c", "touch ${started}; sleep 99992"]);`;
    const owner = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: "inherit" });
    await eventually(() => existsSync(started), { message: "the command started" });
    const folders = globSync(join(tmpdir(), `outboard-encl-${owner.pid}-*`));
    expect(folders).to.have.length(1);
    owner.kill("SIGKILL");
    await eventually(() => !isRunning("99992"), { message: "the command ended with its owner" });
    await eventually(() => sweepEnclosures().length === 0 && ownGroups(owner.pid).length === 0, {
      message: "everything of it swept",
    });
    expect(folders.filter((folder) => existsSync(folder))).to.be.empty;
  });
});

function ownGroups(pid: number | undefined): string[] {
  return globSync(`/sys/fs/cgroup/{*/,}outboard-encl-${pid}-*`);
}

function isRunning(argument: string): boolean {
  const isIt = (file: string): boolean => {
    try {
      return readFileSync(file, "utf8").startsWith(`sleep\0${argument}\0`);
    } catch {
      return false;
    }
  };
  return globSync("/proc/[0-9]*/cmdline").some(isIt);
}
