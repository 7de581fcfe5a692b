import { deflateRawSync, constants } from "node:zlib";
import { expect } from "chai";
import { HeaderDeflater, HeaderInflater } from "./compression.js";
import { DICTIONARY } from "./dictionary.js";
import { SpdyProtocolError } from "./frames.js";
import { decodeHeaders, encodeHeaders } from "./headers.js";

function numbers(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [index, value] of values.entries()) bytes.writeUInt32BE(value, 4 * index);
  return bytes;
}

describe("SPDY headers", () => {
  it("come back as they were written, names in lower case", () => {
    const block = encodeHeaders({ StreamType: "data", port: "8080", empty: "" });
    expect({ ...decodeHeaders(block) }).to.deep.equal({ streamtype: "data", port: "8080", empty: "" });
  });

  it("join several values of one name", () => {
    expect(decodeHeaders(encodeHeaders({ a: ["1", "2"].join("\0") }))["a"]).to.equal("1, 2");
  });

  it("have no prototype that a name could reach", () => {
    const headers = decodeHeaders(encodeHeaders(JSON.parse('{"__proto__":"x"}') as Record<string, string>));
    expect(Object.getPrototypeOf(headers)).to.equal(null);
    expect(headers["toString"]).to.equal(undefined);
  });

  const malformed: Readonly<Record<string, Buffer>> = {
    "without a count": Buffer.alloc(3),
    "with more headers than it holds": numbers(1),
    "with a count beyond the limit": numbers(257),
    "with a huge count": numbers(0x7f_ff_ff_ff),
    "with a name beyond its end": Buffer.concat([numbers(1, 0x7f_ff_ff_ff), Buffer.from("abc")]),
    "with an empty name": Buffer.concat([numbers(1, 0, 1), Buffer.from("x")]),
    "with a name twice": Buffer.concat([
      numbers(2),
      ...["a", "A"].map((name) => Buffer.concat([numbers(1), Buffer.from(name), numbers(0)])),
    ]),
    "with bytes behind it": Buffer.concat([numbers(0), Buffer.from("x")]),
  };
  for (const [title, block] of Object.entries(malformed)) {
    it(`refuse a block ${title}`, () => {
      expect(() => decodeHeaders(block)).to.throw(SpdyProtocolError);
    });
  }
});

describe("SPDY header compression", () => {
  it("inflates what it deflated, block after block", () => {
    const deflater = new HeaderDeflater();
    const inflater = new HeaderInflater(65_536);
    for (const text of ["first", "second", "x".repeat(40_000), "last"]) {
      const block = Buffer.from(text);
      expect(inflater.inflate(deflater.deflate(block)).toString()).to.equal(text);
    }
  });

  it("keeps the history of one zlib stream over blocks that refer back", () => {
    const inflater = new HeaderInflater(65_536);
    const blocks = ["streamtype: error, port: 80", "streamtype: error, port: 81", "streamtype: data, port: 81"];
    let history = DICTIONARY;
    const head = Buffer.from([0x78, 0xf9, 0xe3, 0xc6, 0xa7, 0xc2]);
    for (const [index, text] of blocks.entries()) {
      const block = deflateRawSync(text, { dictionary: history, finishFlush: constants.Z_SYNC_FLUSH });
      expect(inflater.inflate(index === 0 ? Buffer.concat([head, block]) : block).toString()).to.equal(text);
      history = Buffer.concat([history, Buffer.from(text)]);
    }
  });

  it("stops a block that grows beyond the limit", () => {
    const bomb = new HeaderDeflater().deflate(Buffer.alloc(10_000_000));
    expect(bomb.length).to.be.lessThan(20_000);
    expect(() => new HeaderInflater(65_536).inflate(bomb)).to.throw(SpdyProtocolError, "cannot be inflated");
  });

  const malformed: Readonly<Record<string, Buffer>> = {
    nothing: Buffer.alloc(0),
    "no zlib head": Buffer.from("GET / HTTP/1.1"),
    "another dictionary": Buffer.from([0x78, 0xf9, 1, 2, 3, 4, 0, 0]),
    "half a dictionary id": Buffer.from([0x78, 0xf9, 0xe3]),
    "garbage behind the head": Buffer.concat([
      Buffer.from([0x78, 0xf9, 0xe3, 0xc6, 0xa7, 0xc2]),
      Buffer.alloc(50, 0xff),
    ]),
  };
  for (const [title, block] of Object.entries(malformed)) {
    it(`refuses ${title}`, () => {
      expect(() => new HeaderInflater(65_536).inflate(block)).to.throw(SpdyProtocolError);
    });
  }
});
