import { expectConformant, LIMIT_MS } from "./judge.js";

describe("the conformance suite, over providers that need no runtime", function () {
  this.timeout(LIMIT_MS);

  it("finds the memory provider conformant", async () => {
    await expectConformant({ provider: "memory", flags: ["--testing"], kit: "memory", leastPassed: 282 });
  });

  it("finds the process provider conformant", async () => {
    const leastPassed = process.getuid?.() === 0 ? 337 : 200; // what it declares depends on what it may
    await expectConformant({ provider: "process", flags: [], kit: "process", leastPassed });
  });
});
