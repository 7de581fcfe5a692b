import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect } from "chai";
import { readUsage } from "./usage.js";

const BURN = "sh -c 'i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done'";

describe("usage without control groups", function () {
  this.timeout(20_000);

  it("keeps the CPU of children that have ended", async () => {
    const child = spawn("sh", ["-c", `${BURN}; echo done; exec sleep 60`], { stdio: ["ignore", "pipe", "ignore"] });
    try {
      await once(child.stdout, "data");
      const { cpuNanos, rssBytes } = readUsage("c", child.pid ?? 0, []);
      expect(Number(cpuNanos)).to.be.within(20_000_000, 20_000_000_000);
      expect(rssBytes).to.be.greaterThan(0);
    } finally {
      child.kill("SIGKILL");
    }
  });
});
