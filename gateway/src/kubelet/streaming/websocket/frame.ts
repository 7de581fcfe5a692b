/** A server's WebSocket frame: one whole message, unmasked. Pure. */
import type { EncodedMessage } from "./channels.js";

const FINAL = 0x80;
const TEXT = 1;
const BINARY = 2;
const LONGEST_SHORT = 125;
const LENGTH_16 = 126;
const LENGTH_64 = 127;
const MOST_16 = 0xff_ff;

/** The bytes before `rest`: the head of the frame and the first byte of the message. */
export function frameHead({ isText, first, rest }: EncodedMessage): Buffer {
  const length = 1 + rest.length;
  const head = Buffer.allocUnsafe(headLength(length));
  head.writeUInt8(FINAL | (isText ? TEXT : BINARY), 0);
  if (length <= LONGEST_SHORT) {
    head.writeUInt8(length, 1);
  } else if (length <= MOST_16) {
    head.writeUInt8(LENGTH_16, 1);
    head.writeUInt16BE(length, 2);
  } else {
    head.writeUInt8(LENGTH_64, 1);
    head.writeBigUInt64BE(BigInt(length), 2);
  }
  head.writeUInt8(first, head.length - 1);
  return head;
}

function headLength(length: number): number {
  if (length <= LONGEST_SHORT) return 3;
  return length <= MOST_16 ? 5 : 11;
}
