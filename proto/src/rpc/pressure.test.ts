import { expect } from "chai";
import { calm, eventually, type Frame, frames, rejection, startRig, texts } from "./harness.test.js";
import { Code, isStatusError } from "./status.js";

const CHUNK = "x".repeat(32 * 1024);
/** More than the windows of both sides and the buffers of grpc-js can hold. */
const ENDLESS = 2_000;
/** What may be under way: HTTP/2 windows, socket buffers, 16 messages on each side. */
const UNDER_WAY = 200;

describe("a fast producer and a slow reader", () => {
  it("a server waits for a client that does not read", async () => {
    let produced = 0;
    await using rig = await startRig({
      feed: async function* () {
        for (; produced < ENDLESS; produced += 1) yield { text: CHUNK };
      },
    });
    const answers = rig.client.feed({ text: "" }, calm())[Symbol.asyncIterator]();
    await answers.next();
    const before = await standstill(() => produced);
    expect(before).to.be.lessThan(UNDER_WAY);
    for (let index = 0; index < UNDER_WAY; index += 1) await answers.next();
    expect(await standstill(() => produced))
      .to.be.greaterThan(before)
      .and.lessThan(before + UNDER_WAY * 2);
    await answers.return?.();
  });

  it("a client waits for a server that does not read", async () => {
    let produced = 0;
    const source = async function* (): AsyncGenerator<Frame> {
      for (; produced < ENDLESS; produced += 1) yield { text: CHUNK };
    };
    const release = Promise.withResolvers<void>();
    await using rig = await startRig({
      collect: async (all) => {
        await release.promise;
        let count = 0;
        for await (const _ of all) count += 1;
        return { text: String(count) };
      },
    });
    const call = rig.client.collect(source(), calm());
    expect(await standstill(() => produced)).to.be.lessThan(UNDER_WAY);
    release.resolve();
    expect(await call).to.deep.equal({ text: String(ENDLESS) });
  });

  it("a slow stream does not hold up other calls on the connection", async () => {
    await using rig = await startRig({
      feed: async function* () {
        for (;;) yield { text: CHUNK };
      },
    });
    const answers = rig.client.feed({ text: "" }, calm())[Symbol.asyncIterator]();
    await answers.next();
    expect(await rig.client.once({ text: "quick" }, calm({ deadlineMs: 2_000 }))).to.deep.equal({ text: "quick" });
    await answers.return?.();
  });

  it("a reader that takes its time gets every message in order", async () => {
    const all = Array.from({ length: 100 }, (_, index) => `${index}:${CHUNK}`);
    await using rig = await startRig({ feed: () => frames(...all) });
    let expected = 0;
    for await (const answer of rig.client.feed({ text: "" }, calm())) {
      expect(answer.text.split(":")[0]).to.equal(String(expected));
      expected += 1;
      if (expected % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    expect(expected).to.equal(100);
  });
});

describe("large messages", () => {
  const MIB = 1024 * 1024;

  it("of 10 MiB go both ways with the default limit", async () => {
    await using rig = await startRig();
    const text = "y".repeat(10 * MIB);
    expect((await rig.client.once({ text }, calm())).text.length).to.equal(text.length);
    expect((await texts(rig.client.chat(frames(text), calm())))[0]?.length).to.equal(text.length);
  });

  it("over the server's limit are refused with a status, and the connection goes on", async () => {
    await using rig = await startRig({}, 4 * MIB);
    const error = await rejection(rig.client.once({ text: "y".repeat(5 * MIB) }, calm()));
    expect(error).to.include({ code: Code.RESOURCE_EXHAUSTED, reason: undefined });
    expect(await rejection(rig.client.collect(frames("y".repeat(5 * MIB)), calm()))).to.include({
      code: Code.RESOURCE_EXHAUSTED,
    });
    expect(await rig.client.once({ text: "small" }, calm())).to.deep.equal({ text: "small" });
    expect(await rig.client.once({ text: "y".repeat(3.5 * MIB) }, calm())).to.have.property("text");
  });

  it("over the client's limit are refused with a status, and the connection goes on", async () => {
    await using rig = await startRig(
      { once: async (frame) => ({ text: frame.text.repeat(5 * MIB) }), feed: () => frames("y".repeat(5 * MIB)) },
      4 * MIB,
    );
    expect(await rejection(rig.client.once({ text: "y" }, calm()))).to.include({ code: Code.RESOURCE_EXHAUSTED });
    expect(isStatusError(await rejection(texts(rig.client.feed({ text: "" }, calm()))))).to.equal(true);
    expect(await rig.client.collect(frames("a"), calm())).to.deep.equal({ text: "a" });
  });
});

/** The value once it stands still for a while: the other side has had its chance. */
async function standstill(value: () => number): Promise<number> {
  let last = -1;
  let since = Date.now();
  await eventually(() => {
    if (value() !== last) since = Date.now();
    last = value();
    return Date.now() - since > 150;
  }, "the producer stands still");
  return last;
}
