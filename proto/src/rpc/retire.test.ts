import { expect } from "chai";
import { calm, type Frame, rejection, startRig } from "./harness.test.js";

describe("a channel that is retired", () => {
  it("lets the calls that were begun go on to their end, and takes no more", async () => {
    await using rig = await startRig();
    const more = Promise.withResolvers<void>();
    const source = async function* (): AsyncGenerator<Frame> {
      yield { text: "one" };
      await more.promise;
      yield { text: "two" };
    };
    const answers = rig.client.chat(source(), calm())[Symbol.asyncIterator]();
    const first = answers.next(); // not connected yet: it waits for the connection
    rig.channel.retire();
    expect((await first).value).to.deep.equal({ text: "one" });
    more.resolve();
    expect((await answers.next()).value).to.deep.equal({ text: "two" });
    expect((await answers.next()).done).to.equal(true);
    expect(await rejection(rig.client.once({ text: "late" }, calm()))).to.be.an("error");
  });

  it("is closed at once when it has no calls", async () => {
    await using rig = await startRig();
    await rig.client.once({ text: "x" }, calm());
    rig.channel.retire();
    expect(await rejection(rig.client.once({ text: "late" }, calm()))).to.be.an("error");
  });
});
