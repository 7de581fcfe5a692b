import { expect } from "chai";
import { booleanOf, objectIdOf, readElement, smallNumberOf, textOf } from "./der.js";

function element(hex: string): ReturnType<typeof readElement> {
  return readElement(Buffer.from(hex, "hex"));
}

describe("the reader of DER", () => {
  it("reads lengths of one byte and of more", () => {
    expect(element("040161").content.toString()).to.equal("a");
    expect(element(`048180${"61".repeat(128)}`).content).to.have.length(128);
    expect(element(`04820100${"61".repeat(256)}`).content).to.have.length(256);
  });

  for (const [what, hex] of [
    ["no bytes", ""],
    ["a tag without a length", "04"],
    ["two elements", "04000400"],
    ["an end beyond the end", "040261"],
    ["a length that is open, which BER allows", "3080040161 0000"],
    ["a length in more bytes than it needs", "04810161"],
    ["a length in more bytes than it needs, with a zero first", `0482008061${"61".repeat(127)}`],
    ["a length of four bytes", "048400000001 61"],
    ["a tag of more than one byte", "1f8101 00"],
  ] as const) {
    it(`refuses ${what}`, () => {
      expect(() => element(hex.replaceAll(" ", ""))).to.throw();
    });
  }

  it("reads object ids", () => {
    expect(objectIdOf(element("06082a8648ce3d040302"))).to.equal("1.2.840.10045.4.3.2");
    expect(objectIdOf(element("0603883703"))).to.equal("2.999.3");
    expect(objectIdOf(element("0603550403"))).to.equal("2.5.4.3");
  });

  it("refuses booleans and numbers that are not plain ones", () => {
    expect(booleanOf(element("0101ff"))).to.equal(true);
    expect(booleanOf(element("010100"))).to.equal(false);
    expect(() => booleanOf(element("010101"))).to.throw();
    expect(smallNumberOf(element("0202012c"))).to.equal(300);
    expect(() => smallNumberOf(element("0201ff"))).to.throw();
    expect(() => smallNumberOf(element("0200"))).to.throw();
    expect(() => smallNumberOf(element("04012c"))).to.throw();
  });

  it("reads the text types of names, and refuses what they do not allow", () => {
    expect(textOf(element("0c02c3a4"))).to.equal("ä");
    expect(textOf(element("1e0200e4"))).to.equal("ä");
    expect(textOf(element("1401e4"))).to.equal("ä");
    expect(textOf(element("130161"))).to.equal("a");
    expect(() => textOf(element("0c01e4"))).to.throw();
    expect(() => textOf(element("1301e4"))).to.throw();
    expect(() => textOf(element("040161"))).to.throw();
  });
});
