/**
 * Bytes of SPDY/3.1 frames as a client sends them. Pure, but for the first block of headers of a connection. Header blocks
 * are one zlib stream: its head is told to go without SPDY's dictionary, and each block is flushed, so that nothing of the
 * stream has to be kept. Blocks that the server sends say nothing that a client of the CRI needs, and are not read.
 */
import { constants, deflateRawSync } from "node:zlib";

export const FRAME = { synStream: 1, synReply: 2, rstStream: 3, ping: 6, goAway: 7 } as const;
export const FLAG_FIN = 1;
/** "cancel": the sender has no more use for the stream. */
export const CANCEL = 5;
export const HEAD_BYTES = 8;
export const STREAM_ID_MASK = 0x7f_ff_ff_ff;

const CONTROL = 0x80_03;
const ZLIB_HEAD = Buffer.from([0x78, 0x9c]);

/** A control frame. */
export function controlFrame(type: number, flags: number, body: Buffer): Buffer {
  const head = Buffer.allocUnsafe(HEAD_BYTES);
  head.writeUInt16BE(CONTROL, 0);
  head.writeUInt16BE(type, 2);
  head.writeUInt8(flags, 4);
  head.writeUIntBE(body.length, 5, 3);
  return Buffer.concat([head, body]);
}

/** A control frame whose body is a row of numbers: RST_STREAM, PING, GOAWAY. */
export function numbersFrame(type: number, ...numbers: readonly number[]): Buffer {
  return controlFrame(type, 0, Buffer.concat(numbers.map(uint32)));
}

/** Opens a stream. `isFirst`: of its connection. */
export function synStream(id: number, headers: Readonly<Record<string, string>>, isFirst: boolean): Buffer {
  const entries = Object.entries(headers);
  const texts = entries.flat().map((text) => Buffer.from(text, "latin1"));
  const block = Buffer.concat([uint32(entries.length), ...texts.flatMap((text) => [uint32(text.length), text])]);
  const deflated = deflateRawSync(block, { finishFlush: constants.Z_SYNC_FLUSH });
  const place = [uint32(id), uint32(0), Buffer.alloc(2)];
  return controlFrame(FRAME.synStream, 0, Buffer.concat([...place, ...(isFirst ? [ZLIB_HEAD] : []), deflated]));
}

/** The bytes before the payload of a DATA frame. */
export function dataHead(id: number, flags: number, length: number): Buffer {
  const head = Buffer.allocUnsafe(HEAD_BYTES);
  head.writeUInt32BE(id, 0);
  head.writeUInt8(flags, 4);
  head.writeUIntBE(length, 5, 3);
  return head;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
