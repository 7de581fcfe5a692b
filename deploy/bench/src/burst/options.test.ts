import { expect } from "chai";
import { UsageError } from "../options.js";
import { ordersOf } from "./burst-bench.js";
import { readBurstOptions } from "./options.js";

describe("the flags of burst", () => {
  it("have defaults: 300 pods, every peer once, pods that name their node", () => {
    expect(readBurstOptions([])).to.deep.equal({
      mode: "peers",
      pods: 300,
      peers: ["lifted", "floor", "stock"],
      stockPods: 100,
      rounds: 1,
      warmUpPods: 20,
      scheduler: false,
      token: false,
      sizes: [1000, 2000, 5000],
      nodes: 1,
    });
  });

  it("keep the stock peer's burst no larger than the others'", () => {
    expect(readBurstOptions(["--pods", "40"]).stockPods).to.equal(40);
    expect(readBurstOptions(["--pods", "400", "--stock-pods", "7"]).stockPods).to.equal(7);
  });

  it("choose one of three runs", () => {
    expect(readBurstOptions(["--scale"])).to.include({ mode: "scale" });
    expect(readBurstOptions(["--sizes", "10,20"])).to.deep.include({ mode: "scale", sizes: [10, 20] });
    expect(readBurstOptions(["--nodes", "20"])).to.include({ mode: "nodes", nodes: 20, pods: 250 });
    expect(readBurstOptions(["--peers", "none"])).to.deep.include({ mode: "peers", peers: [] });
  });

  for (const [words, message] of [
    [["--scale", "--nodes", "3"], "--scale and --nodes are two runs"],
    [["--scale", "--peers", "floor"], "--peers goes neither with --scale nor with --nodes"],
    [["--peers", "lifted,fast"], 'there is no "fast", only lifted, floor, stock'],
    [["--sizes", "10,x"], '--sizes must be a whole number from 1 to 10000, not "x"'],
    [["--pods", "0"], '--pods must be a whole number from 1 to 10000, not "0"'],
    [["--json="], "--json must not be empty"],
  ] as const) {
    it(`refuse ${words.join(" ")}`, () => {
      expect(() => readBurstOptions(words)).to.throw(UsageError, message);
    });
  }
});

describe("the order of turns", () => {
  it("is the other way round in every other round, and stock has its own size", () => {
    const orders = ordersOf(readBurstOptions(["--rounds", "2", "--peers", "lifted,stock", "--stock-pods", "9"]));
    expect(orders.map(({ name, round, pods }) => `${name} ${round} ${pods}`)).to.deep.equal([
      "outboard 1 300",
      "lifted 1 300",
      "stock 1 9",
      "stock 2 9",
      "lifted 2 300",
      "outboard 2 300",
    ]);
  });
});
