import { expect } from "chai";
import { MachineLoad } from "./machine-load.js";

/** A machine on which each millisecond of work takes so many. */
class Machine {
  slowness = 1;
  #now = 0;
  #used = 0;

  readonly now = (): number => this.#now;

  readonly used = (): number => {
    this.#now += this.slowness;
    this.#used += 1;
    return this.#used;
  };

  pass(ms: number): void {
    this.#now += ms;
  }
}

describe("the load of the machine", () => {
  it("is 1 where work takes its time, and before anything was measured", () => {
    const machine = new Machine();
    using load = new MachineLoad(machine);
    expect(load.factorSince(0)).to.equal(1);
    machine.pass(500);
    load.sample();
    expect(load.factorSince(0)).to.equal(1);
  });

  it("says how many times longer work took since a moment, and no more than 10", () => {
    const machine = new Machine();
    using load = new MachineLoad(machine);
    machine.slowness = 6;
    machine.pass(500);
    load.sample();
    const since = machine.now();
    expect(load.factorSince(0)).to.be.within(5, 7);
    machine.slowness = 60;
    machine.pass(500);
    load.sample();
    expect(load.factorSince(since)).to.equal(10);
  });

  it("counts how late the work's turn came", () => {
    const machine = new Machine();
    using load = new MachineLoad(machine);
    machine.pass(530);
    load.sample();
    expect(load.factorSince(0)).to.be.within(6, 9);
  });
});
