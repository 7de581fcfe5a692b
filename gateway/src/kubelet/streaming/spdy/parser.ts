/**
 * Cuts a byte stream into SPDY frames. Payload of DATA is handed on in the pieces in which it came, without copying or
 * waiting for a whole frame; only control frames are collected, up to a limit.
 */
import { type ControlFrame, SpdyProtocolError, VERSION } from "./frames.js";

/** Where frames go, in order. Whatever it throws ends the parsing and reaches the caller of `push`. */
export interface FrameSink {
  control(frame: ControlFrame): void;
  /** The head of a DATA frame. */
  dataBegin(id: number): void;
  /** A piece of the payload. */
  data(piece: Buffer): void;
  dataEnd(flags: number): void;
}

type State =
  | { readonly kind: "head" }
  | { readonly kind: "control"; readonly type: number; readonly flags: number; readonly pieces: Buffer[] }
  | { readonly kind: "data"; readonly flags: number };

const HEAD: State = { kind: "head" };
const HEAD_BYTES = 8;

/** A parser for one connection. */
export class FrameParser {
  readonly #sink: FrameSink;
  readonly #maxControlBytes: number;
  readonly #head = Buffer.alloc(HEAD_BYTES);
  #headBytes = 0;
  #state: State = HEAD;
  /** Bytes of the payload that are still to come. */
  #left = 0;
  #stopped = false;

  constructor(sink: FrameSink, maxControlBytes: number) {
    this.#sink = sink;
    this.#maxControlBytes = maxControlBytes;
  }

  /** Ignores everything from now on. */
  stop(): void {
    this.#stopped = true;
  }

  /** Takes bytes in pieces of any size. @throws SpdyProtocolError */
  push(bytes: Buffer): void {
    let rest = bytes;
    while (rest.length > 0 && !this.#stopped) {
      rest = this.#state.kind === "head" ? this.#takeHead(rest) : this.#takePayload(rest);
    }
  }

  #takeHead(bytes: Buffer): Buffer {
    const count = bytes.copy(this.#head, this.#headBytes, 0, HEAD_BYTES - this.#headBytes);
    this.#headBytes += count;
    if (this.#headBytes === HEAD_BYTES) {
      this.#headBytes = 0;
      this.#begin();
      if (this.#left === 0) this.#end();
    }
    return bytes.subarray(count);
  }

  #takePayload(bytes: Buffer): Buffer {
    const piece = bytes.subarray(0, this.#left);
    this.#left -= piece.length;
    if (this.#state.kind === "control") this.#state.pieces.push(piece);
    else this.#sink.data(piece);
    if (this.#left === 0) this.#end();
    return bytes.subarray(piece.length);
  }

  #begin(): void {
    const first = this.#head.readUInt32BE(0);
    const flags = this.#head.readUInt8(4);
    this.#left = this.#head.readUIntBE(5, 3);
    if (first < 0x80_00_00_00) {
      this.#state = { kind: "data", flags };
      this.#sink.dataBegin(first);
      return;
    }
    const version = (first >>> 16) & 0x7f_ff;
    if (version !== VERSION) throw new SpdyProtocolError(`SPDY version ${version} is not supported`);
    if (this.#left > this.#maxControlBytes) throw new SpdyProtocolError("a control frame is too large");
    this.#state = { kind: "control", type: first & 0xff_ff, flags, pieces: [] };
  }

  #end(): void {
    const state = this.#state;
    this.#state = HEAD;
    if (state.kind === "data") this.#sink.dataEnd(state.flags);
    if (state.kind !== "control") return;
    const [only = Buffer.alloc(0)] = state.pieces;
    const body = state.pieces.length > 1 ? Buffer.concat(state.pieces) : only;
    this.#sink.control({ type: state.type, flags: state.flags, body });
  }
}
