import { expect } from "chai";
import { firstCore, parseCores } from "./one-core.js";

describe("cores of a process", () => {
  it("are read from its status, and the first one is taken", () => {
    const cores = parseCores("Name:\tnode\nCpus_allowed:\tf\nCpus_allowed_list:\t2-5,7\nMems_allowed:\t1\n");
    expect(cores).to.equal("2-5,7");
    expect(firstCore(cores)).to.equal("2");
  });

  it("are an error where the status does not name them", () => {
    expect(() => parseCores("Name:\tnode\n")).to.throw("no Cpus_allowed_list");
  });
});
