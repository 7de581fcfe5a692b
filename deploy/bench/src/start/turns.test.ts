import { ContainerObservation, PodObservation, SandboxState } from "@outboard/contract";
import { expect } from "chai";
import { type Bare, bareTurn } from "./bare.js";
import { timesOf } from "./our-turn.js";
import { note, type ProviderTimes } from "./provider-watch.js";

describe("a turn of a bare runtime", () => {
  it("starts all pods at once, and clears them away after it has measured", async () => {
    const seen: string[] = [];
    let release = (): void => {};
    const gate = new Promise<void>((resolve) => (release = resolve));
    const bare: Bare = {
      contender: "api",
      start: async (name, noteSandbox) => {
        seen.push(name);
        if (seen.length === 2) release();
        await gate;
        noteSandbox();
      },
      clear: async () => Promise.resolve(void seen.push("cleared")),
    };
    const { pods, untilAllMs } = await bareTurn(bare, ["a", "b"]);
    expect(seen).to.deep.equal(["a", "b", "cleared"]);
    expect(pods).to.have.length(2);
    for (const { sandbox, container, running } of pods) {
      expect(sandbox).to.be.greaterThan(0);
      expect(container).to.equal(running);
      expect(running).to.be.within(sandbox, untilAllMs);
    }
  });
});

describe("times of a pod of ours", () => {
  it("count from when the API has it", () => {
    const told = { ordered: 1010, sandbox: 1100, container: 1150 };
    expect(timesOf("p", { added: 1000, running: 1160 }, told)).to.deep.equal({
      ordered: 10,
      sandbox: 100,
      container: 150,
      running: 160,
    });
  });

  it("are never negative, though two watches tell of them", () => {
    const told = { ordered: 990, sandbox: 1100, container: 1099 };
    const { ordered, sandbox, container, running } = timesOf("p", { added: 1000, running: 1098 }, told);
    expect([ordered, sandbox, container, running]).to.deep.equal([0, 100, 100, 100]);
  });

  it("are not made up where something was not seen", () => {
    const told = { ordered: 1010, sandbox: 1100, container: 1150 };
    expect(() => timesOf("p", { added: 1000 }, told)).to.throw("pod p was not seen Running");
    expect(() => timesOf("p", { added: 1000, running: 1200 }, { ordered: 1010 })).to.throw("did not tell of pod p");
  });

  it("are those of the first observation that says so", () => {
    const times = new Map<string, ProviderTimes>();
    const main = (state: ContainerObservation["state"]): ContainerObservation =>
      ContainerObservation.fromPartial({ name: "main", ...(state === undefined ? {} : { state }) });
    const waiting = main({ $case: "waiting", value: { reason: "", message: "" } });
    const running = main(ContainerObservation.fromPartial({ state: { $case: "running", value: {} } }).state);
    const see = (sandbox: SandboxState, containers: readonly ContainerObservation[], now: number): void =>
      note(times, { ...PodObservation.fromPartial({ name: "p", sandbox }), containers: [...containers] }, now);
    see(SandboxState.CREATING, [], 1);
    see(SandboxState.READY, [waiting], 2);
    see(SandboxState.READY, [running, waiting], 3);
    expect(times.get("p")).to.deep.equal({ ordered: 1, sandbox: 2 });
    see(SandboxState.READY, [running, running], 4);
    see(SandboxState.READY, [running, running], 5);
    expect(times.get("p")).to.deep.equal({ ordered: 1, sandbox: 2, container: 4 });
  });
});
