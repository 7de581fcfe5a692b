import { expect } from "chai";
import { withSharedParts } from "./shared-parts.js";

const parse = (text: string): Record<string, unknown> => JSON.parse(text) as Record<string, unknown>;
const TEXT = '{"a":{"b":["long text of its own",1],"c":null},"d":[{"e":"x"},{"f":true}],"g":"another text"}';

describe("withSharedParts", () => {
  it("gives the known value for an equal one", () => {
    const known = parse(TEXT);
    expect(withSharedParts(parse(TEXT), known)).to.equal(known);
  });

  it("shares what is equal around a change, and keeps the order of keys", () => {
    const known = parse(TEXT);
    const value = parse(TEXT.replace("true", "false"));
    const result = withSharedParts(value, known);
    expect(JSON.stringify(result)).to.equal(JSON.stringify(value));
    expect(result["a"]).to.equal(known["a"]);
    expect((result["d"] as unknown[])[0]).to.equal((known["d"] as unknown[])[0]);
  });

  for (const other of [
    '{"a":[]}',
    '{"a":{}}',
    "{}",
    "[]",
    "null",
    '{"a":{"b":{"0":1}}}',
    '{"d":[{"e":"x"}]}',
    '"text"',
  ]) {
    it(`changes nothing of a value beside ${other}`, () => {
      const [value, known] = [parse(TEXT), JSON.parse(other) as unknown];
      expect(JSON.stringify(withSharedParts(value, known))).to.equal(TEXT);
      expect(JSON.stringify(withSharedParts(known, value))).to.equal(other);
      expect(JSON.stringify([value, known])).to.equal(`[${TEXT},${other}]`);
    });
  }

  it("does not take a value with more keys, or a longer list, for the same", () => {
    const known = { a: 1, b: 2, list: [1, 2] };
    expect(withSharedParts({ a: 1, list: [1] }, known)).to.deep.equal({ a: 1, list: [1] });
    expect(withSharedParts({ list: [1, 2], b: 2, a: 1, c: 3 }, known)).to.deep.equal({ ...known, c: 3 });
  });
});
