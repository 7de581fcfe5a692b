import { expect } from "chai";
import { TOMBSTONE_MS, Tombstones } from "./tombstones.js";

describe("Tombstones", () => {
  it("stand for at least an hour and no longer than needed", () => {
    const tombstones = new Tombstones();
    tombstones.bury("u", 0);
    expect(TOMBSTONE_MS).to.be.at.least(3_600_000);
    expect(tombstones.stands("u", TOMBSTONE_MS - 1)).to.equal(true);
    expect(tombstones.stands("u", TOMBSTONE_MS)).to.equal(false);
  });

  it("drop the oldest beyond their limit, and keep its numbers as a floor for all", () => {
    const tombstones = new Tombstones(2);
    tombstones.bury("a", 0, { revision: 7n, seq: 3n });
    tombstones.bury("b", 0, { revision: 2n, seq: 9n });
    tombstones.bury("c", 0);
    expect(tombstones.stands("a", 1)).to.equal(false);
    expect(tombstones.counters("a")).to.deep.equal({ revision: 7n, seq: 3n });
    expect(tombstones.counters("new")).to.deep.equal({ revision: 7n, seq: 3n });
    expect(tombstones.counters("b")).to.include({ revision: 2n, seq: 9n });
  });

  it("that were renewed are not the oldest", () => {
    const tombstones = new Tombstones(2);
    tombstones.bury("a", 0);
    tombstones.bury("b", 1);
    tombstones.bury("a", 2);
    tombstones.bury("c", 3);
    expect(["a", "b", "c"].filter((uid) => tombstones.stands(uid, 4))).to.deep.equal(["a", "c"]);
  });
});
