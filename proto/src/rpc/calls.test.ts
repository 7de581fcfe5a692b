import { getEventListeners } from "node:events";
import { expect } from "chai";
import { connect } from "./client.js";
import {
  calm,
  eventually,
  type Frame,
  frames,
  rejection,
  startRig,
  TestService,
  texts,
  waiting,
} from "./harness.test.js";
import { Code, isStatusError } from "./status.js";

describe("the four kinds of call", () => {
  it("carries one request and one answer", async () => {
    await using rig = await startRig();
    expect(await rig.client.once({ text: "hello" }, calm())).to.deep.equal({ text: "hello" });
  });

  it("collects many requests into one answer", async () => {
    await using rig = await startRig();
    expect(await rig.client.collect(frames("a", "b", "c"), calm())).to.deep.equal({ text: "a,b,c" });
  });

  it("streams many answers to one request", async () => {
    await using rig = await startRig();
    expect(await texts(rig.client.feed({ text: "a,b,c" }, calm()))).to.deep.equal(["a", "b", "c"]);
  });

  it("streams both ways, each answer as its request comes", async () => {
    await using rig = await startRig();
    const questions: string[] = [];
    const answers = rig.client.chat(oneAtATime(questions), calm())[Symbol.asyncIterator]();
    for (const text of ["one", "two", "three"]) {
      questions.push(text);
      expect((await answers.next()).value).to.deep.equal({ text });
    }
    questions.push("");
    expect((await answers.next()).done).to.equal(true);
  });

  it("carries many calls at once over one connection", async () => {
    await using rig = await startRig();
    const all = Array.from({ length: 200 }, (_, index) => String(index));
    const answers = await Promise.all(all.map((text) => rig.client.once({ text }, calm())));
    expect(answers.map((answer) => answer.text)).to.deep.equal(all);
  });

  it("hands request metadata and the path to the handler", async () => {
    await using rig = await startRig({
      once: async (_, context) => ({
        text: `${context.path} ${context.metadata("outboard-session")} ${context.metadata("no")}`,
      }),
    });
    const answer = await rig.client.once({ text: "" }, calm({ metadata: { "outboard-session": "s1" } }));
    expect(answer.text).to.equal("/outboard.rpc.test.TestService/Once s1 undefined");
  });

  it("answers UNIMPLEMENTED without a reason for a method that the server does not have", async () => {
    await using rig = await startRig();
    const other = connect({ ...TestService, fullName: "outboard.rpc.test.Other" }, rig.channel);
    expect(await rejection(other.once({ text: "" }, calm()))).to.include({
      code: Code.UNIMPLEMENTED,
      reason: undefined,
    });
  });

  it("answers a client stream before its requests end, and closes their source", async () => {
    await using rig = await startRig({ collect: async (all) => (await all[Symbol.asyncIterator]().next()).value });
    let closed = false;
    const endless = async function* (): AsyncGenerator<Frame> {
      try {
        for (let index = 0; ; index += 1) yield { text: String(index) };
      } finally {
        closed = true;
      }
    };
    expect(await rig.client.collect(endless(), calm())).to.deep.equal({ text: "0" });
    await eventually(() => closed, "the source is closed");
  });
});

describe("abort by signal", () => {
  const reason = new Error("enough");

  it("ends a unary call on both sides", async () => {
    const handler = waiting();
    await using rig = await startRig({ once: (_, context) => handler.wait(context) });
    const controller = new AbortController();
    const call = rig.client.once({ text: "" }, { signal: controller.signal });
    await handler.started;
    controller.abort(reason);
    expect(await rejection(call)).to.equal(reason);
    expect(await handler.ended).to.include({ code: Code.CANCELLED });
  });

  it("ends a client stream on both sides, even with a source that never yields", async () => {
    const handler = waiting();
    await using rig = await startRig({ collect: (_, context) => handler.wait(context) });
    const controller = new AbortController();
    const call = rig.client.collect(never(), { signal: controller.signal });
    await handler.started;
    controller.abort(reason);
    expect(await rejection(call)).to.equal(reason);
    expect(await handler.ended).to.include({ code: Code.CANCELLED });
  });

  it("ends a server stream on both sides", async () => {
    const handler = waiting();
    await using rig = await startRig({
      feed: async function* (frame, context) {
        yield frame;
        await handler.wait(context);
      },
    });
    const controller = new AbortController();
    const answers = rig.client.feed({ text: "a" }, { signal: controller.signal })[Symbol.asyncIterator]();
    await answers.next();
    const pending = answers.next();
    await handler.started;
    controller.abort(reason);
    expect(await rejection(pending)).to.equal(reason);
    expect(await handler.ended).to.include({ code: Code.CANCELLED });
  });

  it("ends a bidi call on both sides, even with a source that never yields", async () => {
    const handler = waiting();
    await using rig = await startRig({
      chat: async function* (_, context) {
        yield { text: "opened" };
        await handler.wait(context);
      },
    });
    const controller = new AbortController();
    const answers = rig.client.chat(never(), { signal: controller.signal })[Symbol.asyncIterator]();
    await answers.next();
    const pending = answers.next();
    await handler.started;
    controller.abort(reason);
    expect(await rejection(pending)).to.equal(reason);
    expect(await handler.ended).to.include({ code: Code.CANCELLED });
  });

  it("rejects at once when the signal is aborted before the call", async () => {
    await using rig = await startRig();
    const aborted = { signal: AbortSignal.abort(reason) };
    expect(await rejection(rig.client.once({ text: "" }, aborted))).to.equal(reason);
    expect(await rejection(rig.client.collect(frames("a"), aborted))).to.equal(reason);
    expect(await rejection(texts(rig.client.feed({ text: "" }, aborted)))).to.equal(reason);
    expect(await rejection(texts(rig.client.chat(frames("a"), aborted)))).to.equal(reason);
  });

  it("leaves no listener on the signal behind", async () => {
    await using rig = await startRig();
    const controller = new AbortController();
    const { signal } = controller;
    await rig.client.once({ text: "" }, { signal });
    await rig.client.collect(frames("a"), { signal });
    await texts(rig.client.feed({ text: "a" }, { signal }));
    await texts(rig.client.chat(frames("a"), { signal }));
    expect(getEventListeners(signal, "abort")).to.have.length(0);
  });
});

describe("a source of requests that fails", () => {
  const broken = async function* (when: Promise<void>): AsyncGenerator<Frame> {
    yield { text: "a" };
    await when;
    throw new Error("source broke");
  };

  it("fails a client stream with its own error and cancels the call", async () => {
    const handler = waiting();
    await using rig = await startRig({ collect: (_, context) => handler.wait(context) });
    const call = rig.client.collect(broken(handler.started), calm());
    expect(await rejection(call)).to.have.property("message", "source broke");
    expect(await handler.ended).to.include({ code: Code.CANCELLED });
  });

  it("fails a bidi call with its own error", async () => {
    await using rig = await startRig();
    expect(await rejection(texts(rig.client.chat(broken(Promise.resolve()), calm())))).to.have.property(
      "message",
      "source broke",
    );
  });

  it("is not asked for more when the server has refused", async () => {
    await using rig = await startRig({
      chat: () => {
        throw new Error("refused");
      },
    });
    expect(isStatusError(await rejection(texts(rig.client.chat(never(), calm()))))).to.equal(true);
  });
});

async function* never(): AsyncGenerator<Frame> {
  await new Promise(() => {});
  yield { text: "" };
}

/** Yields what is pushed, in order; an empty text ends it. */
async function* oneAtATime(questions: string[]): AsyncGenerator<Frame> {
  for (;;) {
    await eventually(() => questions.length > 0, "a question");
    const text = questions.shift() ?? "";
    if (text === "") return;
    yield { text };
  }
}
