import { expect } from "chai";
import type { EventDraft } from "../ports/events.js";
import { ApiEventSink } from "./events.js";
import { ManualClock } from "./testing/manual-clock.js";
import { hangUp, json, status } from "./testing/scripted-api-server.js";
import { type ScriptedKube, startScriptedKube, until } from "./testing/scripted-kube.js";

function draft(message: string, uid = "u"): EventDraft {
  return {
    target: { kind: "Pod", namespace: "ns", name: "p", uid },
    type: "Normal",
    reason: "Started",
    message,
  };
}

interface EventBody {
  readonly metadata: { readonly name: string };
}

describe("ApiEventSink", () => {
  let kube: ScriptedKube;
  let ended: AbortController;
  const clock = new ManualClock();

  beforeEach(async () => {
    kube = await startScriptedKube();
    ended = new AbortController();
  });

  afterEach(async () => {
    ended.abort(new Error("test over"));
    await kube[Symbol.asyncDispose]();
  });

  function createSink(laneLimit = 500): ApiEventSink {
    return new ApiEventSink({ http: kube.http, clock, nodeName: "n", ended: ended.signal, laneLimit, random: () => 1 });
  }

  it("creates an event once and then patches count, time and message", async () => {
    kube.server.script(json({}));
    const sink = createSink();
    sink.record(draft("a"));
    sink.record(draft("a"));
    await sink.flush(60_000);
    const [post, patch] = kube.server.received;
    expect(post?.method).to.equal("POST");
    expect(post?.path).to.equal("/api/v1/namespaces/ns/events");
    expect(patch?.method).to.equal("PATCH");
    expect(patch?.headers["content-type"]).to.equal("application/strategic-merge-patch+json");
    expect(JSON.parse(patch?.body ?? "")).to.deep.equal({
      count: 2,
      lastTimestamp: "2026-01-01T00:00:00Z",
      message: "a",
    });
  });

  it("takes an event that exists already for told, and names the same occurrence the same", async () => {
    kube.server.script(json({}), status(409, "AlreadyExists"));
    const again = (): void => sink.record({ ...draft("a"), occurrence: "3 2026-01-01T00:00:00Z" });
    let sink = createSink();
    again();
    await sink.flush(60_000);
    sink = createSink();
    again();
    expect(sink.idle).to.equal(false);
    await sink.flush(60_000);
    expect([sink.idle, sink.dropped]).to.deep.equal([true, 0]);
    const names = kube.server.received.map(({ body }) => (JSON.parse(body) as EventBody).metadata.name);
    expect(names).to.have.length(2);
    expect(names[0])
      .to.match(/^p\.[0-9a-f]+$/)
      .and.to.equal(names[1]);
  });

  it("creates the event again when the one to patch is gone", async () => {
    kube.server.script(json({}), status(404, "NotFound"), json({}));
    const sink = createSink();
    sink.record(draft("a"));
    sink.record(draft("a"));
    await sink.flush(60_000);
    expect(kube.server.received.map(({ method }) => method)).to.deep.equal(["POST", "PATCH", "POST"]);
    expect(JSON.parse(kube.server.received[2]?.body ?? "")).to.deep.include({ count: 2 });
  });

  it("tries again when there is no answer, and gives up on a refusal", async () => {
    kube.server.script(hangUp, json({}));
    const sink = createSink();
    sink.record(draft("a"));
    await until("a pause", () => clock.waits.length === 1);
    clock.advance(1_000);
    await sink.flush(60_000);
    expect(sink.dropped).to.equal(0);
    kube.server.script(status(403, "Forbidden"));
    sink.record(draft("b"));
    await sink.flush(60_000);
    expect(sink.dropped).to.equal(1);
  });

  it("drops what does not fit and never blocks", async () => {
    const sink = createSink(2);
    for (const message of ["a", "b", "c", "d", "e"]) {
      sink.record(draft(message));
    }
    expect(sink.dropped).to.equal(2);
  });

  it("stops waiting for the flush when its time is over", async () => {
    kube.server.script(() => undefined);
    const sink = createSink();
    sink.record(draft("a"));
    const flushed = sink.flush(5_000);
    clock.advance(5_000);
    await flushed;
    expect(clock.waits).to.deep.equal([]);
  });
});
