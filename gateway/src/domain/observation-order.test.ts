import { expect } from "chai";
import type { PodStatus } from "./kubernetes.js";
import type { ContainerObservation, ContainerState, PodObservation } from "./observation.js";
import { canMerge } from "./observation-order.js";
import { containerWith, observationWith } from "./pod.test.js";

const creating: ContainerState = { kind: "waiting", reason: "ContainerCreating", message: "" };
const refused: ContainerState = { kind: "waiting", reason: "CreateContainerConfigError", message: "no map" };
const ended: ContainerState = { kind: "terminated", exitCode: 0, reason: "", message: "", containerId: "one" };

function seen(state: ContainerState, more: Partial<ContainerObservation> = {}): PodObservation {
  const containerId = state.kind === "waiting" ? "" : "one";
  return observationWith({ containers: [containerWith({ state, containerId, ...more })] });
}

const running = containerWith().state;

describe("canMerge", () => {
  const cases: readonly (readonly [string, PodObservation, PodObservation, boolean])[] = [
    ["an end, before the next instance", seen(ended), seen(running, { restartCount: 1 }), false],
    ["a sandbox that was just made, before containers say anything", seen(creating), seen(refused), false],
    ["a sandbox that was just made, before an end", seen(creating), seen(ended), false],
    ["a sandbox that was just made, before all runs", seen(creating), seen(running), true],
    ["why a container waits, before it runs", seen(refused), seen(running), true],
    ["what came before the sandbox", { ...seen(creating), sandbox: "creating" }, seen(creating), true],
    ["an instance, before its end", seen(running), seen(ended), false],
    ["an instance, before it is ready", seen(running, { ready: false }), seen(running, { ready: true }), false],
    ["an instance, before it has started", seen(running, { started: false }), seen(running, { started: true }), false],
    ["an end, before that of the pod", seen(ended), { ...seen(ended), stage: "ended" }, false],
    ["a sandbox that went, before the pod's end", { ...seen(ended), sandbox: "gone" }, seen(ended), true],
    ["what a pod that is stopped still ran", { ...seen(running), stage: "stopping" }, seen(ended), true],
    ["what it ran before it was stopped", seen(running), { ...seen(ended), stage: "stopping" }, true],
    [
      "ends of a pod that was stopped, before its own",
      { ...seen(ended), stage: "stopping" },
      { ...seen(ended), stage: "ended" },
      true,
    ],
    ["anything of another epoch", { ...seen(ended), epoch: "f" }, seen(running, { restartCount: 1 }), true],
  ];
  for (const [what, previous, next, expected] of cases) {
    it(`${expected ? "lets go of" : "shows"} ${what}`, () => {
      expect(canMerge(previous, next)).to.equal(expected);
    });
  }

  it("lets go of an instance that the API shows already, but not of another, nor of one that it does not show as ready", () => {
    const status = {
      name: "c",
      state: { running: {} },
      ready: false,
      started: true,
      restartCount: 0,
      image: "",
      imageID: "",
    };
    const shown = (more: object): PodStatus => ({
      containerStatuses: [{ ...status, containerID: "x://one", ...more }],
    });
    const unready = seen(running, { ready: false });
    expect(canMerge(unready, seen(ended), shown({}))).to.equal(true);
    expect(canMerge(unready, seen(ended), shown({ containerID: "x://two" }))).to.equal(false);
    expect(canMerge(seen(running, { ready: true }), seen(ended), shown({}))).to.equal(false);
    expect(canMerge(unready, seen(ended), shown({ state: {} }))).to.equal(false);
  });
});
