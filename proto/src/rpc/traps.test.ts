/** One test for each trap of grpc-js that the adapter encodes. */
import { expect } from "chai";
import { calm, eventually, type Frame, frames, rejection, startRig, texts, waiting } from "./harness.test.js";
import { Code } from "./status.js";

describe("the traps of grpc-js", () => {
  it("a server that reads a duplex to its end can still answer", async () => {
    await using rig = await startRig({
      chat: async function* (all) {
        const count = (await texts(all)).length;
        yield { text: `read ${count}` };
        yield { text: "and more" };
      },
    });
    expect(await texts(rig.client.chat(frames("a", "b"), calm()))).to.deep.equal(["read 2", "and more"]);
  });

  it("a server that stops reading a duplex early can still answer", async () => {
    await using rig = await startRig({
      chat: async function* (all) {
        for await (const frame of all) {
          if (frame.text === "b") break;
        }
        yield { text: "enough" };
      },
    });
    expect(await texts(rig.client.chat(frames("a", "b", "c", "d"), calm()))).to.deep.equal(["enough"]);
  });

  it("a client that leaves its iteration cancels the call, server stream", async () => {
    const handler = waiting();
    await using rig = await startRig({
      feed: async function* (frame, context) {
        yield frame;
        await handler.wait(context);
      },
    });
    for await (const answer of rig.client.feed({ text: "a" }, calm())) {
      expect(answer.text).to.equal("a");
      break;
    }
    expect(await handler.ended).to.include({ code: Code.CANCELLED });
  });

  it("a client that leaves its iteration cancels the call, bidi, and closes its source", async () => {
    const handler = waiting();
    await using rig = await startRig({
      chat: async function* (_, context) {
        yield { text: "opened" };
        await handler.wait(context);
      },
    });
    let closed = false;
    const source = async function* (): AsyncGenerator<Frame> {
      try {
        for (;;) yield { text: "a" };
      } finally {
        closed = true;
      }
    };
    for await (const answer of rig.client.chat(source(), calm())) {
      expect(answer.text).to.equal("opened");
      break;
    }
    expect(await handler.ended).to.include({ code: Code.CANCELLED });
    await eventually(() => closed, "the source is closed");
  });

  it("a client's cancel does not look like the clean end of its requests", async () => {
    const seen = Promise.withResolvers<string>();
    await using rig = await startRig({
      chat: async function* (all) {
        try {
          for await (const frame of all) yield frame;
          seen.resolve("clean end");
        } catch (error) {
          seen.resolve((error as Error).message);
        }
      },
    });
    const controller = new AbortController();
    const source = async function* (): AsyncGenerator<Frame> {
      yield { text: "a" };
      await new Promise(() => {});
    };
    const answers = rig.client.chat(source(), { signal: controller.signal })[Symbol.asyncIterator]();
    await answers.next();
    controller.abort();
    expect(await seen.promise).to.equal("the call was cancelled");
  });

  it("the signal of a call that ended well stays quiet", async () => {
    const signals: AbortSignal[] = [];
    await using rig = await startRig({
      once: async (frame, { signal }) => {
        signals.push(signal);
        return frame;
      },
      chat: async function* (all, { signal }) {
        signals.push(signal);
        yield* all;
      },
    });
    await rig.client.once({ text: "a" }, calm());
    await texts(rig.client.chat(frames("a"), calm()));
    await new Promise((resolve) => setTimeout(resolve, 20)); // grpc-js emits `cancelled` as the stream closes
    expect(signals.map((signal) => signal.aborted)).to.deep.equal([false, false]);
  });

  it("a unary call without a deadline of its own gets one", async () => {
    const handler = waiting();
    await using rig = await startRig({ once: (_, context) => handler.wait(context) });
    const { grpc } = rig.channel;
    const original = grpc.makeUnaryRequest.bind(grpc) as (...args: unknown[]) => unknown;
    let deadline: unknown;
    grpc.makeUnaryRequest = ((...args: unknown[]) => {
      deadline = (args[5] as { deadline?: unknown }).deadline;
      return original(...args);
    }) as typeof grpc.makeUnaryRequest;
    const controller = new AbortController();
    const call = rig.client.once({ text: "" }, { signal: controller.signal });
    await handler.started;
    controller.abort();
    await rejection(call);
    expect(Number(deadline) - Date.now()).to.be.within(5_000, 10_000);
  });

  it("a deadline ends the call on both sides", async () => {
    const handler = waiting();
    await using rig = await startRig({ once: (_, context) => handler.wait(context) });
    const error = await rejection(rig.client.once({ text: "" }, calm({ deadlineMs: 50 })));
    expect(error).to.include({ code: Code.DEADLINE_EXCEEDED, reason: undefined });
    expect(await handler.ended).to.include({ code: Code.CANCELLED });
  });

  it("a handler that ignores its signal does not keep the call", async () => {
    await using rig = await startRig({
      feed: async function* (frame) {
        yield frame;
        await new Promise(() => {});
      },
    });
    for await (const answer of rig.client.feed({ text: "a" }, calm())) {
      expect(answer.text).to.equal("a");
      break;
    }
    await rig.server.shutdown(0);
  });

  it("a generator of a handler is closed when its client leaves", async () => {
    let closed = false;
    await using rig = await startRig({
      feed: async function* () {
        try {
          for (;;) yield { text: "x".repeat(32 * 1024) };
        } finally {
          closed = true;
        }
      },
    });
    for await (const answer of rig.client.feed({ text: "" }, calm())) {
      expect(answer.text).to.have.length(32 * 1024);
      break;
    }
    await eventually(() => closed, "the generator is closed");
  });

  it("waits for the end of a call leave nothing behind, frame after frame", async () => {
    const { createInterrupt } = await import("./interrupt.js");
    const interrupt = createInterrupt();
    for (let index = 0; index < 1000; index += 1) expect(await interrupt.race(Promise.resolve(index))).to.equal(index);
    const pending = interrupt.race(new Promise(() => {}));
    interrupt.fire("first");
    interrupt.fire("second");
    expect(await rejection(pending)).to.equal("first");
    expect(await rejection(interrupt.race(Promise.resolve(1)))).to.equal("first");
  });
});
