/** The binary: flags, exit codes, and a start without trace. */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { eventually } from "@outboard/provider-sdk/testing";

const BINARY = fileURLToPath(new URL("../bin/outboard-provider-process.mjs", import.meta.url));

describe("outboard-provider-process", function () {
  this.timeout(30_000);
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "obp-main-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("listens with nothing but a socket and a folder, and ends at TERM with 0", async () => {
    const socket = join(folder, "s/p.sock");
    const child = start("--listen", `unix://${socket}`, "--state", join(folder, "state"), "--log-level", "fatal");
    await eventually(() => existsSync(socket) || undefined);
    child.kill("SIGTERM");
    expect(await child.ended).to.deep.equal({ code: 0, said: "" });
  });

  it("refuses a state folder that another provider uses", async () => {
    const flags = ["--state", join(folder, "state"), "--log-level", "fatal"];
    const first = start("--listen", `unix://${join(folder, "s/1.sock")}`, ...flags);
    await eventually(() => existsSync(join(folder, "s/1.sock")) || undefined);
    const second = start("--listen", `unix://${join(folder, "s/2.sock")}`, ...flags);
    expect(await second.ended).to.deep.equal({
      code: 2,
      said: `process: --state: another provider uses ${join(folder, "state")}\n`,
    });
    first.kill("SIGKILL");
    await first.ended;
    const third = start("--listen", `unix://${join(folder, "s/3.sock")}`, ...flags);
    await eventually(() => existsSync(join(folder, "s/3.sock")) || undefined);
    third.kill("SIGTERM");
    expect((await third.ended).code).to.equal(0);
  });

  it("names the flag that is wrong, and ends with 2", async () => {
    const cases = [
      [["--network", "wifi"], "--network: must be one of auto, bridge, host"],
      [["--image", "busybox"], "--image: busybox is not NAME=/FOLDER"],
      [["--max-pods", "0"], "--max-pods: must be a whole number above 0"],
      [["--network-cidr", "10.0.0.0/33"], "--network-cidr: 10.0.0.0/33 is no IPv4 range of /8 to /29"],
      [["--state", "/tmp/a:b"], "--state: must hold no comma, colon, backslash or blank"],
    ] as const;
    for (const [flags, text] of cases) {
      const child = start("--listen", `unix://${join(folder, "p.sock")}`, "--state", join(folder, "state"), ...flags);
      expect(await child.ended).to.deep.equal({ code: 2, said: `process: ${text}\n` });
    }
  });
});

interface Started {
  readonly ended: Promise<{ readonly code: number | null; readonly said: string }>;
  kill(signal: NodeJS.Signals): void;
}

function start(...flags: readonly string[]): Started {
  const child = spawn(process.execPath, [BINARY, ...flags], { stdio: ["ignore", "inherit", "pipe"] });
  let said = "";
  child.stderr.on("data", (bytes: Buffer) => {
    said += bytes.toString();
  });
  return {
    ended: new Promise((resolve) => child.once("close", (code) => resolve({ code, said }))),
    kill: (signal) => void child.kill(signal),
  };
}
