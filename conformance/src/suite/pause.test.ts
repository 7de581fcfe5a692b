import { expect } from "chai";
import { pause, timeLimit } from "./pause.js";

describe("the pauses of the suite", () => {
  it("take limits that are stretched to a fraction of a millisecond", async () => {
    const limit = timeLimit(10.25);
    const wait = pause(60_000, limit);
    expect(await wait.catch((error: unknown) => (error as Error).name)).to.equal("TimeoutError");
  });
});
