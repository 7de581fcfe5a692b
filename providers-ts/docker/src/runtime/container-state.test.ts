import { expect } from "chai";
import type { ContainerState } from "../api/objects.js";
import { hasEnded, isUnstarted, toExit } from "./container-state.js";

describe("a container that ended as it was attached to, which podman makes anew", () => {
  const RAN = "2026-01-01T00:00:00Z";
  const anew: ContainerState = { Status: "created", Running: false, ExitCode: 0, StartedAt: RAN, FinishedAt: RAN };

  it("has ended, and nobody knows how", () => {
    expect([isUnstarted(anew), hasEnded(anew)]).to.deep.equal([false, true]);
    expect(toExit(anew)).to.deep.equal({ reason: "ContainerStatusUnknown" });
  });
});

describe("a container whose removal was begun", () => {
  const stateOf = (Status: string, StartedAt: string): ContainerState => ({
    Status,
    Running: false,
    ExitCode: 0,
    StartedAt,
    FinishedAt: "0001-01-01T00:00:00Z",
  });

  it("counts as never started if it was not, whatever else it is", () => {
    for (const status of ["removing", "dead"]) {
      const state = stateOf(status, "0001-01-01T00:00:00Z");
      expect([isUnstarted(state), hasEnded(state)]).to.deep.equal([true, false]);
    }
  });

  it("counts as ended if it ran", () => {
    const state = stateOf("dead", "2026-01-01T00:00:00Z");
    expect([isUnstarted(state), hasEnded(state)]).to.deep.equal([false, true]);
  });
});
