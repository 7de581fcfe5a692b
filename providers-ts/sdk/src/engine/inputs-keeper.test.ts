import { PodInputs } from "@outboard/contract";
import { expect } from "chai";
import { pino } from "pino";
import { chmodSync, existsSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { keepInputsIn } from "./inputs-keeper.js";
import { tempFolder } from "./testing/temp-folder.js";

const LOG = pino({ level: "silent" });
const INPUTS = PodInputs.fromPartial({ hostname: "h" });

describe("keepInputsIn", () => {
  it("has a private folder only while there are inputs", () => {
    using temp = tempFolder();
    const folder = join(temp.path, "inputs");
    const keeper = keepInputsIn(folder, LOG);
    expect(keeper.load("a")).to.equal(undefined);
    expect(existsSync(folder)).to.equal(false);
    keeper.save("a", INPUTS);
    keeper.save("b", INPUTS);
    expect(statSync(folder).mode & 0o777).to.equal(0o700);
    expect(keepInputsIn(folder, LOG).load("a")?.hostname).to.equal("h");
    keeper.remove("a");
    expect(existsSync(folder)).to.equal(true);
    keeper.remove("b");
    expect(existsSync(folder)).to.equal(false);
  });

  it("removes what belongs to no pod", () => {
    using temp = tempFolder();
    const keeper = keepInputsIn(temp.path, LOG);
    keeper.save("a", INPUTS);
    keeper.save("b", INPUTS);
    writeFileSync(join(temp.path, ".c.inputs.new"), "torn");
    keeper.sweep(new Set(["b"]));
    expect(readdirSync(temp.path)).to.deep.equal(["b.inputs"]);
  });

  it("writes and reads nothing in a folder that others can write, or through a link", () => {
    using temp = tempFolder();
    const [open, link, target] = ["open", "link", "target"].map((name) => join(temp.path, name));
    if (open === undefined || link === undefined || target === undefined) throw new Error("no paths");
    for (const folder of [open, target]) mkdirSync(folder, { mode: 0o700 });
    chmodSync(open, 0o770);
    symlinkSync(target, link);
    for (const folder of [open, link]) {
      keepInputsIn(folder, LOG).save("a", INPUTS);
      writeFileSync(join(folder, "b.inputs"), PodInputs.encode(INPUTS).finish());
      expect(readdirSync(folder)).to.deep.equal(["b.inputs"]);
      expect(keepInputsIn(folder, LOG).load("b")).to.equal(undefined);
    }
  });
});
