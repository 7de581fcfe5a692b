import { readFileSync } from "node:fs";
import { expect } from "chai";
import { describeEngine } from "../testing/engines.js";

describeEngine("docker", "figures that dockerd cannot get", import.meta.filename, (stage) => {
  it("are left out after a while, and the answer comes", async () => {
    const { world } = stage;
    const pod = await world.pod();
    for (const name of ["slow", "main"]) {
      await world.runtime.startContainer(world.container(pod, "sleep 1000", { name }));
    }
    const slow = (await world.runtime.list())
      .flatMap(({ containers }) => containers)
      .find(({ name }) => name === "slow");
    const shim = parentOf(await stage.engine.command("inspect", "--format", "{{.State.Pid}}", slow?.id ?? ""));
    process.kill(shim, "SIGSTOP");
    try {
      const { containers } = await world.runtime.stats(pod.uid);
      // Whether dockerd answers for the other one meanwhile depends on which of the two it was asked for first.
      expect(containers.map(({ name }) => name)).not.to.include("slow");
    } finally {
      process.kill(shim, "SIGCONT");
    }
    const { containers } = await world.runtime.stats(pod.uid);
    expect(containers.map(({ name }) => name)).to.have.members(["main", "slow"]);
    await world.runtime.removePod(pod.uid);
  }).timeout(20_000);
});

function parentOf(pid: string): number {
  return Number(/^PPid:\s*(\d+)$/m.exec(readFileSync(`/proc/${pid.trim()}/status`, "utf8"))?.[1]);
}
