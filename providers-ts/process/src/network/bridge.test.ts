/** Pod addresses on a real bridge, inside a network namespace of the test's own. */
import { execFile } from "node:child_process";
import { mkdirSync, rmdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { inspectMachine } from "../machine/machine.js";
import { hostProbe } from "../machine/probe.js";

const SCENARIO = fileURLToPath(new URL("../testing/network-scenario.js", import.meta.url));

describe("addresses of pods", function () {
  this.timeout(60_000);

  it("gives each pod a namespace and an address, keeps them over a restart, and leaves none behind", async function () {
    const machine = inspectMachine(hostProbe(), {
      isolation: "auto",
      network: "auto",
      cgroups: "none",
      groupName: "none",
    });
    if (!machine.network) {
      process.stdout.write(
        `      skipped: ${machine.notes.get("network") ?? machine.notes.get("isolation") ?? "no network"}\n`,
      );
      return this.skip();
    }
    const seen = await runScenario(machine.tools.unshare ?? "unshare");
    expect(seen).to.deep.equal({
      podIPs: [["10.99.7.2"], ["10.99.7.3"], []],
      dialled: "from one",
      heard: "from one\n",
      elsewhere: "connect ECONNREFUSED 127.0.0.1:8080",
      kept: ["10.99.7.2"],
      full: ["the pod's sandbox cannot be made: no pod address is free"],
      leftovers: [],
    });
  });
});

/** The scenario mounts its own over the folder of named namespaces. */
async function runScenario(unshare: string): Promise<unknown> {
  const made = mkdirSync("/run/netns", { recursive: true });
  try {
    return await runIn(unshare);
  } finally {
    if (made !== undefined) rmdirSync("/run/netns");
  }
}

function runIn(unshare: string): Promise<unknown> {
  const argv = ["--net", "--mount", "--propagation", "private", process.execPath, SCENARIO];
  return new Promise((resolve, reject) => {
    execFile(unshare, argv, (error, stdout, stderr) => {
      if (error !== null) return reject(new Error(stderr, { cause: error }));
      resolve(JSON.parse(stdout));
    });
  });
}
