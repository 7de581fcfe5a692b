import type { TerminalSize } from "@outboard/contract";
import { ManualClock } from "@outboard/provider-sdk";
import { eventually } from "@outboard/provider-sdk/testing";
import { expect } from "chai";
import { followSizes } from "./terminal-size.js";

const width = (size: TerminalSize): number => size.width;

describe("the size of a session's terminal", () => {
  it("is told as it comes, and the last one again, until the session is over", async () => {
    const clock = new ManualClock();
    const over = new AbortController();
    const told: number[] = [];
    let change: (size: TerminalSize) => void = () => {};
    async function* resizes(): AsyncGenerator<TerminalSize> {
      yield await new Promise<TerminalSize>((resolve) => (change = resolve));
    }
    const resize = async (size: TerminalSize): Promise<void> => void told.push(width(size));
    const terminal = { size: { width: 1, height: 9 }, resizes: resizes() };
    const following = followSizes(terminal, { clock, resize }, over.signal);
    await eventually(() => told.length === 1);
    change({ width: 2, height: 9 });
    await eventually(() => told.length === 2);
    clock.advance(200);
    await eventually(() => told.length === 3);
    clock.advance(1_000);
    await eventually(() => told.length === 4);
    over.abort();
    await following;
    clock.advance(3_000);
    expect(told).to.deep.equal([1, 2, 2, 2]);
  });

  it("is never told out of order: what is told again waits for a change that is being told", async () => {
    const clock = new ManualClock();
    const over = new AbortController();
    const told: number[] = [];
    const answers: (() => void)[] = [];
    async function* resizes(): AsyncGenerator<TerminalSize> {
      yield { width: 2, height: 9 };
    }
    const resize = async (size: TerminalSize): Promise<void> => {
      told.push(width(size));
      await new Promise<void>((resolve) => answers.push(resolve));
    };
    const following = followSizes(
      { size: { width: 1, height: 9 }, resizes: resizes() },
      { clock, resize },
      over.signal,
    );
    const answer = async (): Promise<void> => {
      await eventually(() => answers.length === 1);
      answers.shift()?.();
    };
    await answer();
    await eventually(() => told.length === 2);
    await new Promise(setImmediate);
    clock.advance(200);
    await new Promise(setImmediate);
    expect(told).to.deep.equal([1, 2]);
    await answer();
    await answer();
    over.abort();
    await following;
    expect(told).to.deep.equal([1, 2, 2]);
  });
});
