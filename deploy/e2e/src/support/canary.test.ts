import { expect } from "chai";
import { containsCanary, createCanary } from "./canary.js";

describe("containsCanary", () => {
  const canary = createCanary();
  const base64 = (text: string): string => Buffer.from(text, "utf8").toString("base64");

  it("finds it as it is and encoded at every base64 alignment", () => {
    for (const text of [canary, `x${canary}`, `xy${canary}z`, `xyz${canary}zz`]) {
      expect(containsCanary(text, canary), text).to.equal(true);
      expect(containsCanary(base64(text), canary), `base64 of ${text}`).to.equal(true);
    }
    expect(containsCanary(Buffer.from(canary).toString("hex"), canary)).to.equal(true);
  });

  it("does not find another one", () => {
    expect(containsCanary(base64(createCanary()), canary)).to.equal(false);
  });
});
