import { expect } from "chai";
import { same } from "./same.js";

describe("same", () => {
  const equal: readonly (readonly [unknown, unknown])[] = [
    [{ a: 1n, b: undefined }, { a: 1n }],
    [new Uint8Array([1, 2]), Buffer.from([1, 2])],
    [new Map([["a", ["x"]]]), new Map([["a", ["x"]]])],
    [[new Date(5)], [new Date(5)]],
  ];
  for (const [a, b] of equal) it(`finds ${String(a)} equal to its copy`, () => expect(same(a, b)).to.equal(true));

  const different: readonly (readonly [unknown, unknown])[] = [
    [{ a: 1n }, { a: 2n }],
    [{ a: 1 }, { a: 1, b: 2 }],
    [new Uint8Array([1]), new Uint8Array([2])],
    [new Map([["a", 1]]), new Map([["b", 1]])],
    [[1, 2], [1]],
    [new Date(5), new Date(6)],
    [undefined, {}],
    [null, {}],
  ];
  for (const [index, [a, b]] of different.entries()) {
    it(`tells a difference (${index})`, () => expect([same(a, b), same(b, a)]).to.deep.equal([false, false]));
  }
});
