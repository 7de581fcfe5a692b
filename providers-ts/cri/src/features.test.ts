import { Capability } from "@outboard/contract";
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
});
