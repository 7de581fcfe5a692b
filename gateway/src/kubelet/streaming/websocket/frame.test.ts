import { expect } from "chai";
import { frameHead } from "./frame.js";

describe("a server's WebSocket frame", () => {
  const head = (length: number, isText = false): string =>
    frameHead({ isText, first: 49, rest: Buffer.alloc(length) }).toString("hex");

  it("says the message's length in as few bytes as it takes, then the first byte", () => {
    expect([0, 124].map((length) => head(length))).to.deep.equal(["820131", "827d31"]);
    expect([125, 65_534].map((length) => head(length))).to.deep.equal(["827e007e31", "827effff31"]);
    expect([65_535].map((length) => head(length))).to.deep.equal(["827f000000000001000031"]);
  });

  it("tells text from bytes", () => {
    expect(head(0, true)).to.equal("810131");
  });
});
