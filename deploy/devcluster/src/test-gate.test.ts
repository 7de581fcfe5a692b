import { expect } from "chai";
import { requireControlPlane, type SkippableTest } from "./test-gate.js";

const NOTHING_HERE = { HOME: "/nonexistent", PATH: "/nonexistent" };

class Skipped extends Error {}

const test: SkippableTest = {
  timeout: () => undefined,
  skip: () => {
    throw new Skipped();
  },
};

describe("requireControlPlane", () => {
  it("skips on a machine without programs and without go", async () => {
    const outcome = await requireControlPlane(test, NOTHING_HERE).catch((error: unknown) => error);
    expect(outcome).to.be.instanceOf(Skipped);
  });

  it("fails there when CI=true", async () => {
    const outcome = await requireControlPlane(test, { ...NOTHING_HERE, CI: "true" }).catch((error: unknown) => error);
    expect(outcome).to.have.property("reason", "no-binaries");
  });
});
