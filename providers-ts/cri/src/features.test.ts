import { Capability, Feature, FeatureLevel } from "@outboard/contract";
import { expect } from "chai";
import { describeProvider } from "./features.js";
import { inspectMachine } from "./machine/machine.js";

describe("what the CRI provider declares", () => {
  const facts = {
    name: "containerd",
    version: "v2.0.0",
    handlers: [],
    supplementalGroupsPolicy: undefined,
    cgroupDriver: undefined,
  };

  it("takes input and terminals for commands and attachments", () => {
    const { capabilities } = describeProvider(facts, inspectMachine());
    expect(capabilities).to.include.members([
      Capability.EXEC_STDIN,
      Capability.EXEC_TTY,
      Capability.ATTACH_STDIN,
      Capability.ATTACH_TTY,
    ]);
  });

  for (const [name, version, text] of [
    ["containerd", "1.6.20~ds1", undefined],
    ["containerd", "v2.0.5", undefined],
    ["containerd", "v2.1.0", "the runtime does not know their sub paths"],
    ["containerd", "v2.4.2", ""],
    ["cri-o", "1.30.1", undefined],
    ["cri-o", "1.31.0", "the runtime does not know their sub paths"],
    ["cri-o", "1.33.0", ""],
    ["another", "9.9.9", undefined],
  ] as const) {
    it(`says of image volumes what ${name} ${version} can`, () => {
      const { features } = describeProvider({ ...facts, name, version }, inspectMachine());
      const found = features.find(({ feature }) => feature === Feature.VOLUMES_IMAGE);
      expect(found?.text).to.equal(text);
      const level = text === "" ? FeatureLevel.HONOURED : FeatureLevel.LIMITED;
      expect(found?.level).to.equal(text === undefined ? undefined : level);
    });
  }
});
