/** The program's flags and what it says of wrong ones. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { FeatureLevel } from "@outboard/contract";
import { expect } from "chai";
import { describeProvider } from "./features.js";

const BINARY = fileURLToPath(new URL("../bin/outboard-provider-docker.mjs", import.meta.url));

function run(...flags: readonly string[]): { readonly code: number | null; readonly text: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [BINARY, ...flags], {
    encoding: "utf8",
    timeout: 10_000,
  });
  return { code: status, text: stdout + stderr };
}

describe("outboard-provider-docker", function () {
  this.timeout(20_000);

  it("tells its flags", () => {
    const { code, text } = run("--help");
    expect(code).to.equal(0);
    for (const flag of ["--docker-socket", "--state", "--network", "--infra-image", "--pids-limit", "--max-pods"]) {
      expect(text).to.contain(flag);
    }
  });

  for (const [flags, sentence] of [
    [["--network", "host"], "--network: must name a network of the engine that gives each pod an address"],
    [["--infra-image", "A B"], "--infra-image: A B is not an image name"],
    [["--pids-limit", "0"], "--pids-limit: must be a whole number above 0"],
    [["--state", "/dev/null/x"], "--state: /dev/null/x cannot be made"],
  ] as const) {
    it(`refuses ${flags.join(" ")} with one sentence`, () => {
      const { code, text } = run("--listen", "unix:///tmp/never.sock", ...flags);
      expect(code).to.equal(2);
      expect(text).to.equal(`docker: ${sentence}\n`);
    });
  }

  it("declares each feature once, and says how a limited one differs", () => {
    const { features } = describeProvider();
    expect(new Set(features.map(({ feature }) => feature)).size).to.equal(features.length);
    for (const { level, text } of features) expect(text !== "").to.equal(level === FeatureLevel.LIMITED);
  });
});
