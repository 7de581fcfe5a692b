// The judges that are not ours, as everybody runs them by name, in the form that fits the time of all tests.

import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { unsupportedReason } from "@outboard/runtimes";
import { expect } from "chai";

const MAIN = join(import.meta.dirname, "..", "main.js");
/** Most of it is for what a new machine must build first. */
const LIMIT_MS = 60 * 60_000;
const SHOWN_LINES = 60;

describe("a node with the cri provider on containerd", function () {
  this.timeout(LIMIT_MS);
  let folder = "";

  before(function () {
    const reason = unsupportedReason();
    if (reason !== undefined) {
      console.error(`    skipped: ${reason}`);
      this.skip();
    }
    folder = mkdtempSync(join(tmpdir(), "outboard-judges-"));
  });

  after(() => rmSync(folder, { recursive: true, force: true }));

  it("does with recorded pods what a real kubelet did, as far as the list of equal cases goes", async () => {
    await passes("golden", "--expected", "--verbose", "--out", join(folder, "golden"));
  });

  it("passes a sample of Kubernetes' own tests", async () => {
    await passes("kubernetes", "--list", "sample", "--procs", "4", "--timeout-minutes", "25");
  });

  it("passes virtual-kubelet's own tests, with the memory provider", async () => {
    await passes("virtual-kubelet");
  });

  async function passes(...args: readonly string[]): Promise<void> {
    const { code, output } = await run(args, { ...process.env, OUTBOARD_E2E_OUT: folder });
    const lines = output.split("\n");
    for (const line of lines.filter((text) => text.startsWith("again: "))) console.log(`    ${line}`);
    if (code === 0) return;
    const lost = lines.filter((line) => /^(lost|not run): /.test(line)); // first: of a long message a part may be shown
    expect.fail(
      [...lost, `npm run e2e -- ${args.join(" ")}: exit code ${code}`, ...lines.slice(-SHOWN_LINES)].join("\n"),
    );
  }
});

async function run(args: readonly string[], env: NodeJS.ProcessEnv): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ["ignore", "pipe", "pipe"], env });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (bytes) => (output += String(bytes)));
  return new Promise((resolve, reject) => {
    child.once("error", reject).once("close", (code) => resolve({ code, output }));
  });
}
