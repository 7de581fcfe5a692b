import { expect } from "chai";
import { EnvFileError, readFileKey } from "./file-key.js";

function read(text: string, key: string): string | undefined {
  const value = readFileKey(Buffer.from(text), key);
  return value === undefined ? undefined : Buffer.from(value).toString("utf8");
}

describe("readFileKey", () => {
  const good: readonly (readonly [name: string, text: string, key: string, value: string | undefined])[] = [
    ["a plain value", "A='x'", "A", "x"],
    ["leading blanks, comments and empty lines", "\n# c\n \t A='x' # tail\n", "A", "x"],
    ["a value over several lines", "A='x\ny'\nB='z'", "A", "x\ny"],
    ["the key behind such a value", "A='x\ny'\nB='z'", "B", "z"],
    ["the first of two", "A='1'\nA='2'", "A", "1"],
    ["a blank behind = as an empty value", "A= 'x'", "A", ""],
    ["no expansion", "A='$B \\n'", "A", "$B \\n"],
    ["bytes beyond ASCII", "A='ü'", "A", "ü"],
    ["an error behind the match not at all", "A='x'\nbroken", "A", "x"],
    ["a missing key", "A='x'", "B", undefined],
    ["line ends of other systems", "A='x'\r\nB='y'\r\n", "B", "y"],
  ];
  for (const [name, text, key, value] of good) {
    it(`reads ${name}`, () => expect(read(text, key)).to.equal(value));
  }
  const bad: readonly (readonly [name: string, text: string])[] = [
    ["a line without =", "A"],
    ["an empty name", "='x'"],
    ["a blank before =", "A ='x'"],
    ["a value without quotes", "A=x"],
    ["double quotes", 'A="x"'],
    ["no value at all", "A="],
    ["a quote that is never closed", "A='x\n"],
    ["text behind the value", "A='x' y"],
    ["a line of 64 KiB", `A='${"x".repeat(64 * 1024)}'`],
  ];
  for (const [name, text] of bad) {
    it(`refuses ${name}`, () => expect(() => read(text, "B")).to.throw(EnvFileError));
  }
});
