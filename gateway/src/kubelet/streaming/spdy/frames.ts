/** SPDY/3.1 frames as bytes: names of their types, flags and codes, and how they are written. Pure. */

/** Types of control frames. */
export const FrameType = {
  synStream: 1,
  synReply: 2,
  rstStream: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  headers: 8,
  windowUpdate: 9,
} as const;

/** Codes of RST_STREAM. */
export const ResetCode = {
  protocolError: 1,
  refusedStream: 3,
  cancel: 5,
  internalError: 6,
  streamAlreadyClosed: 9,
} as const;

/** Status of GOAWAY. */
export const GoAwayStatus = { ok: 0, protocolError: 1 } as const;

export const VERSION = 3;
export const FLAG_FIN = 1;
export const FLAG_UNIDIRECTIONAL = 2;
/** Longest payload that the head of a frame can name. */
export const MAX_PAYLOAD = 0xff_ff_ff;

/** What the peer sent is not SPDY/3.1, or beyond a limit: the connection ends. */
export class SpdyProtocolError extends Error {
  override readonly name = "SpdyProtocolError";
}

/** A control frame. */
export interface ControlFrame {
  readonly type: number;
  readonly flags: number;
  readonly body: Buffer;
}

/** The bytes of a control frame. */
export function encodeControl({ type, flags, body }: ControlFrame): Buffer {
  const bytes = Buffer.allocUnsafe(8 + body.length);
  bytes.writeUInt16BE(0x80_00 | VERSION, 0);
  bytes.writeUInt16BE(type, 2);
  bytes.writeUInt8(flags, 4);
  bytes.writeUIntBE(body.length, 5, 3);
  body.copy(bytes, 8);
  return bytes;
}

/** The bytes of a control frame that is a row of 32-bit numbers: RST_STREAM, PING, GOAWAY. */
export function encodeNumbers(type: number, ...numbers: readonly number[]): Buffer {
  const body = Buffer.allocUnsafe(4 * numbers.length);
  for (const [index, value] of numbers.entries()) body.writeUInt32BE(value, 4 * index);
  return encodeControl({ type, flags: 0, body });
}

/** The eight bytes before the payload of a DATA frame. */
export function encodeDataHead(id: number, flags: number, length: number): Buffer {
  const head = Buffer.allocUnsafe(8);
  head.writeUInt32BE(id, 0);
  head.writeUInt8(flags, 4);
  head.writeUIntBE(length, 5, 3);
  return head;
}
