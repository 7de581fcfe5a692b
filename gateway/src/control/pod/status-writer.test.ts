import { expect } from "chai";
import { startControlWorld } from "../testing/world.js";

describe("when a status is written", () => {
  it("is at once where everything has come up, and after the merge window where it has not", async () => {
    await using world = startControlWorld();
    world.openSession();
    const first = world.api.create("p");
    await world.clock.settle();
    world.provider.run(first.metadata.uid);
    await world.clock.settle();
    expect(world.api.writes.map(({ status }) => status.phase)).to.deep.equal(["Running"]);
    const last = world.api.create("q");
    await world.clock.settle();
    world.provider.container(last.metadata.uid, "started", {
      kind: "waiting",
      reason: "ContainerCreating",
      message: "",
    });
    await world.clock.settle();
    expect(world.api.writes).to.have.length(1);
    await world.settle();
    expect(world.api.writes.map(({ status }) => status.phase)).to.deep.equal(["Running", "Pending"]);
  });
});
