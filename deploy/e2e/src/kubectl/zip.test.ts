import { deflateRawSync } from "node:zlib";
import { expect } from "chai";
import { readZipEntry } from "./zip.js";

/** An archive with one entry. */
function zipOf(name: string, packed: Buffer, method: number): Buffer {
  const local = Buffer.alloc(30);
  local.writeUInt16LE(name.length, 26);
  const entry = Buffer.alloc(46);
  entry.writeUInt32LE(0x02_01_4b_50, 0);
  entry.writeUInt16LE(method, 10);
  entry.writeUInt32LE(packed.length, 20);
  entry.writeUInt16LE(name.length, 28);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06_05_4b_50, 0);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(30 + name.length + packed.length, 16);
  return Buffer.concat([local, Buffer.from(name), packed, entry, Buffer.from(name), end]);
}

describe("an entry of a zip archive", () => {
  const text = Buffer.from("the program ".repeat(100));

  it("is read whether it is packed or not", () => {
    expect(readZipEntry(zipOf("a/b", deflateRawSync(text), 8), "a/b")).to.deep.equal(text);
    expect(readZipEntry(zipOf("a/b", text, 0), "a/b")).to.deep.equal(text);
  });

  it("is missed by its name, and what is no archive is said", () => {
    expect(() => readZipEntry(zipOf("a/b", text, 0), "b")).to.throw("the zip archive has no b");
    expect(() => readZipEntry(zipOf("a/b", text, 12), "a/b")).to.throw("method 12");
    expect(() => readZipEntry(text, "a/b")).to.throw("not a zip archive");
  });
});
