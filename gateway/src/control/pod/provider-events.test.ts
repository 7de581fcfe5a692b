import { expect } from "chai";
import type { ProviderEvent } from "../../domain/observation.js";
import { createManualClock } from "../../testing/manual-clock.js";
import { EventMark } from "../event-mark.js";
import { FakeApi } from "../testing/fake-api.js";
import { type ControlWorld, startControlWorld } from "../testing/world.js";

const MARK = "2026-01-01T10:00:00Z";
const BEFORE = "2026-01-01T09:59:59.9Z";
const SINCE = "2026-01-01T10:00:00.1Z";

function eventOf(uid: string, seq: bigint, time: string, message = String(seq)): ProviderEvent {
  return { uid, seq, time, type: "Normal", reason: "Started", container: "c", message, count: 1 };
}

function marked(found: string | undefined = MARK): EventMark {
  const mark = new EventMark({ clock: createManualClock(), isIdle: () => true });
  mark.start(found);
  return mark;
}

/** A pod that runs, and a second gateway that has just begun its session. */
async function restarted(eventMark: EventMark | undefined): Promise<{ world: ControlWorld; uid: string }> {
  const api = new FakeApi();
  const first = startControlWorld({ api });
  first.openSession();
  const { metadata } = api.create("p");
  await first.clock.settle();
  first.provider.run(metadata.uid);
  await first.settle();
  await first[Symbol.asyncDispose]();
  const world = startControlWorld({
    api,
    backend: first.provider,
    ...(eventMark === undefined ? {} : { eventMark }),
  });
  return { world, uid: metadata.uid };
}

function told({ events }: ControlWorld): readonly string[] {
  return events.filter(({ reason }) => reason === "Started").map(({ message }) => message);
}

describe("events of the provider, told to a gateway that starts again", () => {
  it("are not told again where the one before told them, and are told where nobody was there", async () => {
    const { world, uid } = await restarted(marked());
    await using _ = world;
    await world.settle();
    world.openSession();
    world.controller.takeProvider({ kind: "event", event: eventOf(uid, 1n, BEFORE) });
    world.controller.takeProvider({ kind: "event", event: eventOf(uid, 2n, SINCE) });
    expect(told(world)).to.deep.equal(["2"]);
  });

  it("are all told where nothing was left by the one before, or they have no time", async () => {
    const { world, uid } = await restarted(undefined);
    await using _ = world;
    await world.settle();
    world.openSession();
    world.controller.takeProvider({ kind: "event", event: eventOf(uid, 1n, BEFORE) });
    expect(told(world)).to.deep.equal(["1"]);
    const second = await restarted(marked());
    await using other = second.world;
    await other.settle();
    other.openSession();
    other.controller.takeProvider({ kind: "event", event: eventOf(second.uid, 1n, "") });
    expect(told(other)).to.deep.equal(["1"]);
  });

  it("wait, each once, until the API has been read", async () => {
    const { world, uid } = await restarted(undefined);
    await using _ = world;
    world.openSession();
    for (const seq of [1n, 2n, 2n]) world.controller.takeProvider({ kind: "event", event: eventOf(uid, seq, SINCE) });
    world.controller.takeProvider({ kind: "event", event: eventOf("nobody's", 1n, SINCE) });
    expect(told(world)).to.deep.equal([]);
    await world.settle();
    expect(told(world)).to.deep.equal(["1", "2"]);
  });

  it("are told of a new pod, and later of every pod, however the provider's clock was set back", async () => {
    const { world, uid } = await restarted(marked());
    await using _ = world;
    await world.settle();
    world.openSession();
    const { metadata } = world.api.create("new");
    await world.settle();
    world.controller.takeProvider({ kind: "event", event: eventOf(metadata.uid, 1n, BEFORE, "new") });
    expect(told(world)).to.deep.equal(["new"]);
    await world.clock.advance(61_000);
    world.controller.takeProvider({ kind: "event", event: eventOf(uid, 7n, BEFORE, "old") });
    expect(told(world)).to.deep.equal(["new", "old"]);
  });

  it("are the same event whoever tells them", async () => {
    const { world, uid } = await restarted(undefined);
    await using _ = world;
    await world.settle();
    world.openSession();
    world.controller.takeProvider({ kind: "event", event: eventOf(uid, 3n, SINCE) });
    expect(world.events.at(-1)?.occurrence).to.equal(`3 ${SINCE}`);
  });
});
