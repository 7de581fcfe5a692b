import { Code, LogChunk, PodObservation, PodStage, refuse, StatusError } from "@outboard/contract";
import { expect } from "chai";
import { eventually, rejection } from "../testing/eventually.js";
import { createProviderControl } from "./control.js";
import { createProviderLogs } from "./logs.js";
import { ScriptedProvider, type Script } from "./testing/scripted-provider.js";
import { SessionRig } from "./testing/session-rig.js";

const QUERY = { uid: "u", container: "c", follow: false, previous: false };

/** A provider with an open session, and the calls of the core to it. */
async function open(script: Partial<Script>) {
  const provider = await new ScriptedProvider(script).start();
  const rig = new SessionRig(provider.address);
  await rig.told("node");
  return {
    provider,
    rig,
    control: createProviderControl(rig.connection, rig.session),
    logs: createProviderLogs(rig.connection, rig.session),
    signal: new AbortController().signal,
    async [Symbol.asyncDispose]() {
      await rig[Symbol.asyncDispose]();
      await provider[Symbol.asyncDispose]();
    },
  };
}

describe("a control call", () => {
  it("goes out in the open session", async () => {
    const sessions: (string | undefined)[] = [];
    await using world = await open({
      pod: (_call, _request, context) => (sessions.push(context.metadata("outboard-session")), {}),
    });
    await world.control.stopPod("u", 30, "user", world.signal);
    await world.control.releasePod("u", world.signal);
    expect(sessions).to.deep.equal(["session-1", "session-1"]);
    expect(world.provider.podCalls).to.deep.equal(["stopPod", "releasePod"]);
  });

  it("is refused at once without a session, and nothing is sent", async () => {
    await using provider = await new ScriptedProvider().start();
    await using rig = new SessionRig(provider.address);
    const control = createProviderControl(rig.connection, rig.session);
    const error = await rejection(control.releasePod("u", new AbortController().signal));
    expect(error).to.include({ name: "ProviderError", message: "the provider cannot be reached", reason: undefined });
    expect(provider.podCalls).to.deep.equal([]);
  });

  it("rejects with the provider's reason, paths and time to wait", async () => {
    await using world = await open({
      pod: () => {
        throw refuse("QUOTA", "no room", {
          retryAfterMs: 1500,
          violations: [{ field: "spec.containers[0]", description: "too big" }],
        });
      },
    });
    const error = await rejection(world.control.releasePod("u", world.signal));
    expect(error).to.deep.include({
      reason: "QUOTA",
      message: "no room",
      retryAfterMs: 1500,
      paths: ["spec.containers[0]"],
    });
    expect(world.rig.session.current()?.signal.aborted).to.equal(false);
  });

  it("shows no text of an error without our reason: it may hold secrets", async () => {
    await using world = await open({
      pod: () => {
        throw new StatusError(Code.INTERNAL, "password=hunter2");
      },
    });
    const error = await rejection(world.control.releasePod("u", world.signal));
    expect(error).to.include({ message: "releasePod: outcome unknown (INTERNAL)", reason: undefined });
  });

  for (const reason of ["SESSION", "SESSION_SUPERSEDED"] as const) {
    it(`that is refused with ${reason} ends the session`, async () => {
      await using world = await open({
        pod: () => {
          throw refuse(reason, "not yours");
        },
      });
      expect(await rejection(world.control.releasePod("u", world.signal))).to.include({ reason });
      await world.rig.told("lost");
    });
  }

  it("that every provider must have ends the session when the provider lacks it", async () => {
    await using world = await open({
      pod: () => {
        throw new StatusError(Code.UNIMPLEMENTED, "unknown method");
      },
    });
    expect(await rejection(world.control.releasePod("u", world.signal))).to.include({ reason: "CAPABILITY" });
    await world.rig.told("lost");
    expect(world.rig.all("lost")[0]).to.include({ reason: "ProviderMissingCapability" });
    expect(world.rig.all("lost")[0]?.message).to.contain("PodService.ReleasePod");
  });

  it("that a provider may lack leaves the session open", async () => {
    await using world = await open({
      pod: () => {
        throw new StatusError(Code.UNIMPLEMENTED, "unknown method");
      },
    });
    const order = {
      uid: "u",
      specRevision: 1n,
      specDigest: "",
      manifest: new Uint8Array(),
      inputVersion: 1n,
      changes: [],
      inputs: {
        containers: [],
        volumes: [],
        hostname: "",
        podHostNames: [],
        hosts: [],
        runtimeHandler: "",
        admittedFeatures: [],
      },
    };
    expect(await rejection(world.control.updatePod(order, world.signal))).to.include({ reason: "CAPABILITY" });
    expect(world.rig.session.current()?.signal.aborted).to.equal(false);
  });

  it("has an unknown outcome when the session ends under it, whatever ended the session", async () => {
    await using world = await open({ pod: () => new Promise(() => {}) });
    const call = rejection(world.control.releasePod("u", world.signal));
    await eventually(() => world.provider.podCalls.length === 1, "the call arrives");
    world.provider.lastWatch.stream.fail(refuse("BAD_REQUEST", "the watch is malformed"));
    expect(await call).to.include({
      name: "ProviderError",
      reason: undefined,
      message: "releasePod: outcome unknown, the session ended",
    });
  });

  it("rejects with the caller's own reason when the caller gives up", async () => {
    await using world = await open({ pod: () => new Promise(() => {}) });
    const mine = new Error("enough");
    const caller = new AbortController();
    const call = rejection(world.control.releasePod("u", caller.signal));
    await eventually(() => world.provider.podCalls.length === 1, "the call arrives");
    caller.abort(mine);
    expect(await call).to.equal(mine);
  });

  it("takes only the pod that it asked for as the answer of GetPod", async () => {
    let uid = "u";
    await using world = await open({
      pod: () => ({ pod: PodObservation.fromPartial({ uid, stage: PodStage.ENDED }) }),
    });
    expect(await world.control.getPod("u", world.signal)).to.include({ uid: "u", stage: "ended" });
    uid = "other";
    expect(await rejection(world.control.getPod("u", world.signal))).to.include({
      message: "getPod: the answer does not hold the pod",
      reason: undefined,
    });
  });
});

describe("a log of the provider", () => {
  it("hands out its pieces without the opening frame", async () => {
    await using world = await open({
      logs: async function* () {
        yield { frame: { $case: "opened", value: {} } };
        for (const text of ["a", "b"]) {
          yield { frame: { $case: "chunk", value: LogChunk.fromPartial({ data: new TextEncoder().encode(text) }) } };
        }
      },
    });
    const texts: string[] = [];
    for await (const { data } of await world.logs.openLogs(QUERY, world.signal)) {
      texts.push(new TextDecoder().decode(data));
    }
    expect(texts).to.deep.equal(["a", "b"]);
  });

  it("is refused with the provider's reason before it opens", async () => {
    await using world = await open({
      logs: () => {
        throw refuse("NOT_RUNNING", "not started");
      },
    });
    expect(await rejection(world.logs.openLogs(QUERY, world.signal))).to.include({ reason: "NOT_RUNNING" });
  });

  it("ends with the caller's own reason when the caller leaves", async () => {
    let isLeft = false;
    await using world = await open({
      logs: async function* () {
        try {
          yield { frame: { $case: "opened", value: {} } };
          for (;;) {
            yield { frame: { $case: "chunk", value: LogChunk.fromPartial({ data: new Uint8Array(1024) }) } };
            await new Promise((resolve) => setImmediate(resolve));
          }
        } finally {
          isLeft = true;
        }
      },
    });
    const caller = new AbortController();
    const mine = new Error("enough");
    const read = async () => {
      for await (const _ of await world.logs.openLogs(QUERY, caller.signal)) caller.abort(mine);
    };
    expect(await rejection(read())).to.equal(mine);
    await eventually(() => isLeft, "the provider's side ends too");
  });

  it("outlives the session in which it was opened", async () => {
    const go = Promise.withResolvers<void>();
    await using world = await open({
      logs: async function* () {
        yield { frame: { $case: "opened", value: {} } };
        await go.promise;
        yield { frame: { $case: "chunk", value: LogChunk.fromPartial({ data: new Uint8Array([1]) }) } };
      },
    });
    const log = await world.logs.openLogs(QUERY, world.signal);
    world.rig.session.current()?.invalidate(new Error("over"));
    await world.rig.told("lost");
    go.resolve();
    let pieces = 0;
    for await (const _ of log) pieces++;
    expect(pieces).to.equal(1);
  });
});
