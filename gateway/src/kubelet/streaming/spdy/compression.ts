/**
 * Header compression: one zlib stream per direction over the whole connection, flushed at the end of each block. A block
 * then ends at a byte border, so that a raw inflate over the last 32 KiB of output is all the state there is: nothing
 * native stays open, and nothing waits.
 */
import { constants, deflateRawSync, inflateRawSync } from "node:zlib";
import { DICTIONARY, DICTIONARY_ID } from "./dictionary.js";
import { SpdyProtocolError } from "./frames.js";

const WINDOW_BYTES = 32_768;
const FLUSH = { finishFlush: constants.Z_SYNC_FLUSH } as const;
const ZLIB_HEAD = Buffer.from([0x78, 0xf9]);
const USES_DICTIONARY = 0x20;

/** Inflates the peer's blocks. Every block has to pass, also of frames that are refused: the next one builds on it. */
export class HeaderInflater {
  readonly #maxBytes: number;
  #history: Buffer | undefined;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** @throws SpdyProtocolError for bytes that are not such a block, or one that grows beyond the limit */
  inflate(block: Buffer): Buffer {
    const { history, data } =
      this.#history === undefined ? readZlibHead(block) : { history: this.#history, data: block };
    const output = inflateBlock(data, history, this.#maxBytes);
    this.#history = Buffer.concat([history, output]).subarray(-WINDOW_BYTES);
    return output;
  }
}

function inflateBlock(data: Buffer, dictionary: Buffer, maxOutputLength: number): Buffer {
  const options = { ...FLUSH, maxOutputLength, chunkSize: 1024 };
  try {
    return inflateRawSync(data, dictionary.length > 0 ? { ...options, dictionary } : options);
  } catch (error) {
    throw new SpdyProtocolError("a header block cannot be inflated", { cause: error });
  }
}

function readZlibHead(block: Buffer): { readonly history: Buffer; readonly data: Buffer } {
  if (block.length < 2 || block.readUInt8(0) % 16 !== 8 || block.readUInt16BE(0) % 31 !== 0) {
    throw new SpdyProtocolError("the first header block has no zlib head");
  }
  if ((block.readUInt8(1) & USES_DICTIONARY) === 0) return { history: Buffer.alloc(0), data: block.subarray(2) };
  if (block.length < 6 || block.readUInt32BE(2) !== DICTIONARY_ID) {
    throw new SpdyProtocolError("the header blocks use an unknown dictionary");
  }
  return { history: DICTIONARY, data: block.subarray(6) };
}

/** Deflates our blocks. They never refer to earlier ones, so that only the first differs: it starts the zlib stream. */
export class HeaderDeflater {
  #started = false;

  deflate(block: Buffer): Buffer {
    const data = deflateRawSync(block, FLUSH);
    if (this.#started) return data;
    this.#started = true;
    const id = Buffer.alloc(4);
    id.writeUInt32BE(DICTIONARY_ID);
    return Buffer.concat([ZLIB_HEAD, id, data]);
  }
}
