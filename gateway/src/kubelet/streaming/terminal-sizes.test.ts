import { expect } from "chai";
import { TerminalSizes } from "./terminal-sizes.js";
import { createRandom, cut, mutate } from "./testing/random.js";

function after(...texts: readonly string[]): ReturnType<TerminalSizes["take"]> {
  const sizes = new TerminalSizes();
  for (const text of texts) sizes.push(Buffer.from(text));
  return sizes.take();
}

describe("terminal sizes", () => {
  it("are read from objects that are cut anywhere", () => {
    expect(after('{"Width":13', '3,"Height":41}\n')).to.deep.equal({ width: 133, height: 41 });
  });

  it("are given once, the latest only", () => {
    const sizes = new TerminalSizes();
    sizes.push(Buffer.from('{"Width":1,"Height":2}\n{"Width":3,"Height":4}\n'));
    expect(sizes.take()).to.deep.equal({ width: 3, height: 4 });
    expect(sizes.take()).to.equal(undefined);
  });

  it("tell when one has come, not for what is none", () => {
    const sizes = new TerminalSizes();
    let told = 0;
    sizes.onSize(() => (told += 1));
    for (const text of [
      "{",
      '"Width":0,"Height":2}',
      '{"Width":70000,"Height":1}',
      "}",
      "[1]}",
      '{"Width":1,"Height":2.5}',
    ]) {
      sizes.push(Buffer.from(text));
    }
    expect([told, sizes.take()]).to.deep.equal([0, undefined]);
    sizes.push(Buffer.from('{"Width":80,"Height":24}'));
    expect(told).to.equal(1);
  });

  it("forget a text that never ends", () => {
    expect(after("x".repeat(100_000), '{"Width":80,"Height":24}')).to.deep.equal({ width: 80, height: 24 });
  });

  it("stay within bounds for a thousand damaged texts", () => {
    const random = createRandom(3);
    const text = Buffer.from('{"Width":133,"Height":41}\n{"Width":80,"Height":24}\n');
    for (let round = 0; round < 1_000; round++) {
      const sizes = new TerminalSizes();
      for (const piece of cut(mutate(text, random), 10, random)) sizes.push(piece);
      const { width = 1, height = 1 } = sizes.take() ?? {};
      expect(width >= 1 && width <= 65_535 && height >= 1 && height <= 65_535).to.equal(true);
    }
  });
});
