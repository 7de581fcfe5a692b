import { expect } from "chai";
import { ManualClock } from "../../clock/manual-clock.js";
import type { ContainerExit, ContainerSpec } from "../runtime.js";
import { FakeRuntime } from "./fake-runtime.js";

const SPEC = { uid: "u", name: "c", attempt: 0, image: "img" } as unknown as ContainerSpec;

function fake(): { readonly clock: ManualClock; readonly runtime: FakeRuntime; readonly exits: ContainerExit[] } {
  const clock = new ManualClock();
  const runtime = new FakeRuntime(clock);
  const exits: ContainerExit[] = [];
  runtime.onExit((_uid, _name, _attempt, exit) => exits.push(exit));
  return { clock, runtime, exits };
}

describe("the fake runtime", () => {
  it("lists what runs and what ended, with exit codes, until the pod is removed", async () => {
    const { runtime, exits } = fake();
    await runtime.startContainer(SPEC);
    runtime.exit("u", "c", 0, { exitCode: 7 });
    runtime.exit("u", "c", 0, { exitCode: 8 });
    expect(exits.map(({ exitCode }) => exitCode)).to.deep.equal([7]);
    const [pod] = await runtime.list();
    expect(pod?.containers.map(({ exit }) => exit?.exitCode)).to.deep.equal([7]);
    await runtime.removePod("u");
    expect(await runtime.list()).to.deep.equal([]);
  });

  it("tells an exit before the stop resolves", async () => {
    const { clock, runtime, exits } = fake();
    await runtime.startContainer(SPEC);
    const stopping = runtime.stopContainer("u", "c", 0, { graceMs: 1000 }).then(() => exits.length);
    clock.advance(0);
    expect(await stopping).to.equal(1);
  });

  it("kills a deaf container at the end of the shortest grace period", async () => {
    const { clock, runtime, exits } = fake();
    runtime.stopBehaviour.set("c", { isDeaf: true });
    await runtime.startContainer(SPEC);
    const first = runtime.stopContainer("u", "c", 0, { graceMs: 60_000 });
    const second = runtime.stopContainer("u", "c", 0, { graceMs: 1000 });
    clock.advance(999);
    expect(exits).to.have.length(0);
    clock.advance(1);
    await Promise.all([first, second]);
    expect(exits[0]).to.deep.include({ exitCode: 137, signal: 9 });
  });

  it("resolves a stop of what has ended or never was", async () => {
    const { runtime } = fake();
    await runtime.stopContainer("u", "c", 0, { graceMs: 1000 });
    await runtime.startContainer(SPEC);
    runtime.exit("u", "c", 0, { exitCode: 0 });
    await runtime.stopContainer("u", "c", 0, { graceMs: 1000 });
  });
});
