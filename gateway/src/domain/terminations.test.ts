import { expect } from "chai";
import type { ContainerStatus } from "./kubernetes.js";
import { newTerminations } from "./terminations.js";

describe("terminations that a status shows first", () => {
  const status = (name: string, state: ContainerStatus["state"]): ContainerStatus => ({
    name,
    image: "i",
    imageID: "",
    ready: false,
    restartCount: 0,
    ...(state === undefined ? {} : { state }),
  });
  const ended = (name: string, exitCode: number, reason?: string): ContainerStatus =>
    status(name, { terminated: { exitCode, ...(reason === undefined ? {} : { reason }) } });

  it("are of every type of container", () => {
    const to = {
      initContainerStatuses: [ended("i", 0, "Completed")],
      containerStatuses: [ended("c", 139, "Error"), status("r", { running: {} })],
      ephemeralContainerStatuses: [ended("e", 1)],
    };
    expect(newTerminations({}, to)).to.deep.equal([
      { containerType: "init_container", exitCode: 0, reason: "Completed" },
      { containerType: "container", exitCode: 139, reason: "Error" },
      { containerType: "ephemeral_container", exitCode: 1, reason: "" },
    ]);
  });

  it("are none of those that were shown before, until the container has run again", () => {
    const shown = { containerStatuses: [ended("c", 1, "Error")] };
    const runs = { containerStatuses: [status("c", { running: {} })] };
    expect(newTerminations(shown, shown)).to.deep.equal([]);
    expect(newTerminations(runs, shown)).to.have.length(1);
  });
});
