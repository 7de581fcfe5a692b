import { expect } from "chai";
import { createFakeClock, type FakeClock } from "../testing/fake-clock.js";
import { SharedRead } from "./shared-read.js";

interface Call {
  readonly signal: AbortSignal;
  finish(value: string): void;
  fail(error: Error): void;
}

describe("a shared read", () => {
  function create(): { readonly read: SharedRead<string>; readonly calls: Call[]; readonly clock: FakeClock } {
    const clock = createFakeClock();
    const calls: Call[] = [];
    const start = (signal: AbortSignal): Promise<string> =>
      new Promise((resolve, reject) => {
        calls.push({ signal, finish: resolve, fail: reject });
      });
    return { read: new SharedRead(start, clock, 1000), calls, clock };
  }
  const patient = new AbortController().signal;

  it("makes one call for all who ask at once", async () => {
    const { read, calls } = create();
    const answers = Promise.all([read.get(patient), read.get(patient), read.join(patient)]);
    calls[0]?.finish("yes");
    expect(await answers).to.deep.equal(["yes", "yes", "yes"]);
    expect(calls).to.have.length(1);
  });

  it("gives the same answer for a second, counted from its end", async () => {
    const { read, calls, clock } = create();
    const first = read.get(patient);
    clock.advance(5000);
    calls[0]?.finish("old");
    await first;
    clock.advance(999);
    expect(await read.get(patient)).to.equal("old");
    clock.advance(1);
    expect(read.join(patient)).to.equal(undefined);
    const second = read.get(patient);
    calls[1]?.finish("new");
    expect(await second).to.equal("new");
  });

  it("does not take an answer for fresh when the clock went back", async () => {
    const { read, calls, clock } = create();
    const first = read.get(patient);
    calls[0]?.finish("yes");
    await first;
    clock.advance(-5000);
    expect(read.join(patient)).to.equal(undefined);
  });

  it("tells a failure to all who wait, and keeps it for nobody", async () => {
    const { read, calls } = create();
    const both = Promise.allSettled([read.get(patient), read.get(patient)]);
    calls[0]?.fail(new Error("no"));
    expect((await both).map(({ status }) => status)).to.deep.equal(["rejected", "rejected"]);
    void read.get(patient);
    expect(calls).to.have.length(2);
  });

  it("goes on while anybody waits, and ends with the last one", async () => {
    const { read, calls } = create();
    const clients = [new AbortController(), new AbortController()];
    const answers = clients.map(({ signal }) => read.get(signal).catch((error: unknown) => error));
    clients[0]?.abort(new Error("first left"));
    expect(await answers[0]).to.have.property("message", "first left");
    expect(calls[0]?.signal.aborted).to.equal(false);
    clients[1]?.abort(new Error("second left"));
    expect(await answers[1]).to.have.property("message", "second left");
    expect(calls[0]?.signal.aborted).to.equal(true);
    void read.get(patient);
    expect(calls, "who comes later starts anew").to.have.length(2);
  });

  it("rejects at once for who has left before, without leaving a call behind", async () => {
    const { read, calls } = create();
    const reason = await read.get(AbortSignal.abort(new Error("gone"))).catch((error: unknown) => error);
    expect(reason).to.have.property("message", "gone");
    expect(calls.every(({ signal }) => signal.aborted)).to.equal(true);
  });
});
