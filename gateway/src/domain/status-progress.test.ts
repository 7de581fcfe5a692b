import { expect } from "chai";
import type { ContainerStatus, PodStatus } from "./kubernetes.js";
import { showsProgress } from "./status-progress.js";

const container = (change: Partial<ContainerStatus>): ContainerStatus => ({
  name: "c",
  image: "i:1",
  imageID: "",
  ready: false,
  restartCount: 0,
  ...change,
});
const running = container({ state: { running: {} }, started: true, ready: true });
const up: PodStatus = {
  phase: "Running",
  observedGeneration: 1,
  conditions: [{ type: "Ready", status: "True" }],
  containerStatuses: [running],
};

describe("showsProgress", () => {
  const waiting = (reason: string): PodStatus => ({
    phase: "Pending",
    containerStatuses: [container({ state: { waiting: { reason } } })],
  });
  const cases: readonly (readonly [string, PodStatus | undefined, PodStatus, boolean])[] = [
    ["the first sight of a pod", undefined, waiting("ContainerCreating"), false],
    ["an init container's turn", waiting("ContainerCreating"), waiting("PodInitializing"), false],
    ["a seen deletion", up, { ...up, observedGeneration: 2 }, false],
    [
      "another condition",
      up,
      {
        ...up,
        conditions: [
          { type: "Ready", status: "True" },
          { type: "Initialized", status: "True" },
        ],
      },
      false,
    ],
    ["trouble with an image", waiting("ContainerCreating"), waiting("ErrImagePull"), true],
    ["a container that runs", waiting("ContainerCreating"), up, true],
    ["a new instance", up, { ...up, containerStatuses: [{ ...running, restartCount: 1 }] }, true],
    ["an end", up, { ...up, containerStatuses: [container({ state: { terminated: { exitCode: 0 } } })] }, true],
    ["readiness that is lost", up, { ...up, conditions: [{ type: "Ready", status: "False" }] }, true],
    ["a verdict", up, { ...up, reason: "Evicted" }, true],
  ];
  for (const [what, from, to, expected] of cases) {
    it(`${expected ? "sees" : "does not see"} it in ${what}`, () => {
      expect(showsProgress(from, to)).to.equal(expected);
    });
  }
});
