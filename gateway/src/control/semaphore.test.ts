import { expect } from "chai";
import { createSemaphore } from "./semaphore.js";

describe("a semaphore", () => {
  it("lets the lowest rank go first, and of one rank who waits the longest", async () => {
    const semaphore = createSemaphore(() => 1);
    const gate = Promise.withResolvers<void>();
    const order: string[] = [];
    const work = (name: string) => async (): Promise<void> => void order.push(name);
    const all = [
      semaphore.run(() => gate.promise),
      semaphore.run(work("cosmetic"), 2),
      semaphore.run(work("end"), 0),
      semaphore.run(work("progress"), 1),
      semaphore.run(work("another end")),
    ];
    expect(semaphore.active()).to.equal(1);
    gate.resolve();
    await Promise.all(all);
    expect(order).to.deep.equal(["end", "another end", "progress", "cosmetic"]);
  });
});
