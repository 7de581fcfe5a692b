/** The binary: flags and exit codes. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";

const BINARY = fileURLToPath(new URL("../bin/outboard-provider-cri.mjs", import.meta.url));

describe("outboard-provider-cri: flags", function () {
  this.timeout(60_000);
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "cri-main-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  async function run(...flags: readonly string[]): Promise<{ readonly code: number | null; readonly said: string }> {
    const own = ["--listen", `unix://${join(folder, "p.sock")}`, "--state", join(folder, "state")];
    const child = spawn(process.execPath, [BINARY, ...own, ...flags], { stdio: ["ignore", "inherit", "pipe"] });
    let said = "";
    child.stderr.on("data", (bytes: Buffer) => (said += bytes.toString()));
    return await new Promise((resolve) => child.once("close", (code) => resolve({ code, said })));
  }

  it("names the flag that is wrong, and ends with 2", async () => {
    const cases = [
      [["--cri-socket", "tcp://127.0.0.1:1"], "--cri-socket: must be a UNIX socket"],
      [["--cgroup-root", "pods"], "--cgroup-root: must be an absolute path"],
      [["--cgroup-driver", "none"], "--cgroup-driver: must be one of auto, cgroupfs, systemd"],
      [["--max-pods", "0"], "--max-pods: must be a whole number above 0"],
      [["--reserved-memory", "much"], "--reserved-memory: must be a quantity such as 500m or 1Gi"],
      [["--free-storage", "half"], "--free-storage: must be a quantity such as 1Gi or a percentage"],
    ] as const;
    for (const [flags, text] of cases) {
      expect(await run(...flags)).to.deep.equal({ code: 2, said: `cri: ${text}\n` });
    }
  });

  it("waits for a runtime for a while, then says which socket is silent, and ends with 1", async () => {
    const socket = join(folder, "none.sock");
    const { code, said } = await run("--cri-socket", socket, "--patience", "1");
    expect(code).to.equal(1);
    expect(said).to.match(new RegExp(`^cri: no CRI runtime answers at unix://${socket}: `));
  });
});
