/** Takes a server's SPDY frames apart. DATA is handed on as it comes; control frames are short and come whole. */
import { FLAG_FIN, HEAD_BYTES, STREAM_ID_MASK } from "./frames.js";

/** Who is told. */
export interface FrameReceiver {
  control(type: number, flags: number, body: Buffer): void;
  data(id: number, piece: Buffer): void;
  /** The DATA frame that carried FIN is complete. */
  end(id: number): void;
}

/** Longer control frames are none that a server of the CRI sends. */
const MOST_CONTROL_BYTES = 64 * 1024;

interface OpenData {
  readonly id: number;
  readonly missing: number;
  readonly isLast: boolean;
}

/** Takes bytes, cut anywhere. */
export class FrameParser {
  readonly #receiver: FrameReceiver;
  #rest: Buffer = Buffer.alloc(0);
  #open: OpenData | undefined;

  constructor(receiver: FrameReceiver) {
    this.#receiver = receiver;
  }

  /** @throws Error for what is no SPDY */
  push(bytes: Buffer): void {
    this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    while (this.#step());
  }

  #step(): boolean {
    if (this.#open !== undefined) return this.#takeData(this.#open);
    if (this.#rest.length < HEAD_BYTES) return false;
    const first = this.#rest.readUInt32BE(0);
    const flags = this.#rest.readUInt8(4);
    const length = this.#rest.readUIntBE(5, 3);
    if (first >>> 31 === 0) {
      this.#rest = this.#rest.subarray(HEAD_BYTES);
      this.#open = { id: first & STREAM_ID_MASK, missing: length, isLast: (flags & FLAG_FIN) !== 0 };
      return true;
    }
    if (length > MOST_CONTROL_BYTES) throw new Error("a frame is too long");
    if (this.#rest.length < HEAD_BYTES + length) return false;
    const body = this.#rest.subarray(HEAD_BYTES, HEAD_BYTES + length);
    this.#rest = this.#rest.subarray(HEAD_BYTES + length);
    this.#receiver.control(first & 0xff_ff, flags, body);
    return true;
  }

  #takeData({ id, missing, isLast }: OpenData): boolean {
    const piece = this.#rest.subarray(0, missing);
    if (piece.length === 0 && missing > 0) return false;
    this.#rest = this.#rest.subarray(piece.length);
    this.#open = piece.length < missing ? { id, missing: missing - piece.length, isLast } : undefined;
    if (piece.length > 0) this.#receiver.data(id, piece);
    if (this.#open === undefined && isLast) this.#receiver.end(id);
    return true;
  }
}
