/** The provider as an ordinary user: real isolation through a user namespace, where the kernel allows it. */
import { execFile, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect } from "chai";

const SCENARIO = fileURLToPath(new URL("../testing/ordinary-user-scenario.js", import.meta.url));
const NOBODY = ["--reuid", "65534", "--regid", "65534", "--clear-groups"];

describe("the provider as an ordinary user", function () {
  this.timeout(30_000);

  it("runs pods in namespaces of their own, and refuses what needs privileges", async function () {
    const trial = spawnSync("setpriv", [
      ...NOBODY,
      "unshare",
      "--user",
      "--map-root-user",
      process.execPath,
      "--version",
    ]);
    if (trial.status !== 0) {
      process.stdout.write(`      skipped: no user namespace for an ordinary user: ${String(trial.stderr)}\n`);
      return this.skip();
    }
    expect(await runScenario()).to.deep.equal({
      isolation: "user",
      output: "1\npod-host\ngiven\nown /etc\n",
      exit: 3,
      exec: { exitCode: 0 },
      io: { out: "given\n", err: "" },
      refused: "runAsUser and runAsGroup cannot be changed without privileges on this machine",
      left: [],
    });
  });
});

function runScenario(): Promise<unknown> {
  return new Promise((resolve, reject) => {
    execFile("setpriv", [...NOBODY, process.execPath, SCENARIO], (error, stdout, stderr) => {
      if (error !== null) return reject(new Error(stderr, { cause: error }));
      resolve(JSON.parse(stdout));
    });
  });
}
