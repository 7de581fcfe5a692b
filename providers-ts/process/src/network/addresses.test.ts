import { expect } from "chai";
import { firstFreeAddress, freeRange, parseRange, rangeAddress } from "./addresses.js";

describe("pod addresses", () => {
  it("begin behind the bridge's own and end before the broadcast", () => {
    const range = parseRange("10.1.2.9/29");
    expect(rangeAddress(range, 1)).to.equal("10.1.2.9");
    const taken = new Set<string>();
    for (let count = 0; count < 5; count += 1) taken.add(firstFreeAddress(range, taken));
    expect([...taken]).to.deep.equal(["10.1.2.10", "10.1.2.11", "10.1.2.12", "10.1.2.13", "10.1.2.14"]);
    expect(() => firstFreeAddress(range, taken)).to.throw("no pod address is free");
  });

  it("refuse what is no range", () => {
    for (const text of ["", "10.0.0.0", "10.0.0/24", "10.0.0.256/24", "10.0.0.0/31", "10.0.0.0/x", "fd00::/64"]) {
      expect(() => parseRange(text), text).to.throw("is no IPv4 range");
    }
  });

  it("come from a range that no route uses", () => {
    expect(freeRange("", 0)).to.equal("10.208.0.0/24");
    expect(freeRange("10.208.0.0/24 dev ob-1 proto kernel src 10.208.0.1", 0)).to.equal("10.208.1.0/24");
    expect(freeRange("", 4095)).to.equal("10.223.255.0/24");
  });
});
