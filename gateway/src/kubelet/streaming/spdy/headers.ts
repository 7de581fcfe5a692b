/** Blocks of headers, inflated: names and values with their lengths. Pure. */
import { SpdyProtocolError } from "./frames.js";

/** Headers by lower-case name; several values of one name are joined by ", ". Without prototype: names come from the peer. */
export type Headers = Readonly<Record<string, string>>;

const MAX_HEADERS = 256;

/** The bytes of a block. */
export function encodeHeaders(headers: Headers): Buffer {
  const entries = Object.entries(headers);
  const parts = [number(entries.length)];
  for (const text of entries.flatMap(([name, value]) => [name.toLowerCase(), value])) {
    const bytes = Buffer.from(text, "latin1");
    parts.push(number(bytes.length), bytes);
  }
  return Buffer.concat(parts);
}

function number(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** Reads a block. @throws SpdyProtocolError for anything that is not exactly one block */
export function decodeHeaders(block: Buffer): Headers {
  const reader = new BlockReader(block);
  const count = reader.number();
  if (count > MAX_HEADERS) throw new SpdyProtocolError(`${count} headers are too many`);
  const headers = Object.create(null) as Record<string, string>;
  for (let index = 0; index < count; index++) {
    const name = reader.text().toLowerCase();
    const value = reader.text().replaceAll("\0", ", ");
    if (name === "") throw new SpdyProtocolError("a header has no name");
    if (name in headers) throw new SpdyProtocolError("a header comes twice");
    headers[name] = value;
  }
  reader.expectEnd();
  return headers;
}

class BlockReader {
  readonly #block: Buffer;
  #at = 0;

  constructor(block: Buffer) {
    this.#block = block;
  }

  number(): number {
    return this.#take(4).readUInt32BE(0);
  }

  text(): string {
    return this.#take(this.number()).toString("latin1");
  }

  expectEnd(): void {
    if (this.#at !== this.#block.length) throw new SpdyProtocolError("bytes follow the header block");
  }

  #take(length: number): Buffer {
    const bytes = this.#block.subarray(this.#at, this.#at + length);
    if (bytes.length < length) throw new SpdyProtocolError("a header block is too short");
    this.#at += length;
    return bytes;
  }
}
