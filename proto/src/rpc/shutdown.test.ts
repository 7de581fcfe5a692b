import { expect } from "chai";
import { calm, eventually, rejection, startRig, texts, untilAborted, waiting } from "./harness.test.js";
import { Code, StatusError } from "./status.js";

describe("shutdown", () => {
  it("lets unary calls finish", async () => {
    const started = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    await using rig = await startRig({
      once: async (frame) => {
        started.resolve();
        await release.promise;
        return frame;
      },
    });
    const call = rig.client.once({ text: "slow" }, calm());
    await started.promise;
    const stopped = rig.server.shutdown(5_000);
    release.resolve();
    expect(await call).to.deep.equal({ text: "slow" });
    await stopped;
  });

  it("tells streams by `stopping`, and they end as they like", async () => {
    await using rig = await startRig({
      feed: async function* (frame, { stopping }) {
        yield frame;
        await untilAborted(stopping).catch(() => {});
        yield { text: "goodbye" };
        throw new StatusError(Code.UNAVAILABLE, "shutting down");
      },
    });
    const answers = rig.client.feed({ text: "a" }, calm())[Symbol.asyncIterator]();
    await answers.next();
    const stopped = rig.server.shutdown(5_000);
    expect((await answers.next()).value).to.deep.equal({ text: "goodbye" });
    expect(await rejection(answers.next())).to.include({ code: Code.UNAVAILABLE, reason: undefined });
    await stopped;
  });

  it("ends what is left after drainMs with UNAVAILABLE, on both sides", async () => {
    const handler = waiting();
    await using rig = await startRig({
      feed: async function* (frame, context) {
        yield frame;
        await handler.wait(context);
      },
    });
    const answers = rig.client.feed({ text: "a" }, calm())[Symbol.asyncIterator]();
    await answers.next();
    const pending = rejection(answers.next());
    await handler.started;
    await rig.server.shutdown(20);
    expect(await pending).to.include({
      code: Code.UNAVAILABLE,
      message: "the server is shutting down",
      reason: undefined,
    });
    expect(await handler.ended).to.include({ code: Code.UNAVAILABLE });
  });

  it("ends even when a handler ignores everything", async () => {
    const started = Promise.withResolvers<void>();
    await using rig = await startRig({
      once: () => {
        started.resolve();
        return new Promise(() => {});
      },
    });
    const call = rejection(rig.client.once({ text: "" }, calm()));
    await started.promise;
    await rig.server.shutdown(20);
    expect(await call).to.be.instanceOf(StatusError);
  });

  it("still sends the status of a stream whose handler ignores everything", async () => {
    await using rig = await startRig({
      feed: async function* (frame) {
        yield frame;
        await new Promise(() => {});
      },
    });
    const answers = rig.client.feed({ text: "a" }, calm())[Symbol.asyncIterator]();
    await answers.next();
    const pending = rejection(answers.next());
    await rig.server.shutdown(20);
    expect(await pending).to.include({ code: Code.UNAVAILABLE, message: "the server is shutting down" });
  });

  it("takes no new calls", async () => {
    const handler = waiting();
    await using rig = await startRig({
      feed: async function* (frame, context) {
        yield frame;
        await handler.wait(context);
      },
    });
    const answers = rig.client.feed({ text: "a" }, calm())[Symbol.asyncIterator]();
    await answers.next();
    const pending = rejection(answers.next());
    await handler.started;
    const stopped = rig.server.shutdown(300);
    let refused: unknown;
    await eventually(() => {
      void rig.client.once({ text: "" }, calm({ deadlineMs: 200 })).catch((error: unknown) => (refused = error));
      return refused !== undefined;
    }, "a new call is refused");
    expect(refused).to.include({ reason: undefined });
    await Promise.all([stopped, pending]);
  });

  it("may be asked for twice", async () => {
    await using rig = await startRig();
    await texts(rig.client.feed({ text: "a" }, calm()));
    await Promise.all([rig.server.shutdown(1_000), rig.server.shutdown(1_000)]);
  });
});
