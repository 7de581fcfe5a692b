/** One stream of a SPDY connection: end() sends FIN, destroy() sends RST_STREAM, the peer's FIN is the end of what is read. */
import { Duplex } from "node:stream";
import { FLAG_FIN, ResetCode } from "./frames.js";
import type { Headers } from "./headers.js";

/** What a stream needs of its connection. */
export interface StreamCarrier {
  reply(id: number): void;
  /** Calls back once more may be written. */
  data(id: number, payload: Buffer, flags: number, done: (error?: Error | null) => void): void;
  reset(id: number, code: number): void;
  /** The stream's buffer has room again. */
  wantsMore(stream: SpdyStream): void;
  forget(stream: SpdyStream): void;
}

/** How a stream was opened. */
export interface StreamOpening {
  readonly id: number;
  readonly headers: Headers;
  /** The peer only sends. */
  readonly unidirectional: boolean;
  /** Bytes that may wait to be read; with more the whole connection stops reading. */
  readonly maxBufferedBytes: number;
}

const EMPTY = Buffer.alloc(0);
const WRITE_BUFFER_BYTES = 64 * 1024;

/** A stream that the peer has opened. Errors of the connection destroy it; it never emits "error" without a listener of ours. */
export class SpdyStream extends Duplex {
  readonly id: number;
  readonly headers: Headers;
  readonly #carrier: StreamCarrier;
  #replied = false;
  #remoteEnded = false;
  #localEnded = false;

  constructor(carrier: StreamCarrier, { id, headers, unidirectional, maxBufferedBytes }: StreamOpening) {
    super({ readableHighWaterMark: maxBufferedBytes, writableHighWaterMark: WRITE_BUFFER_BYTES });
    this.id = id;
    this.headers = headers;
    this.#carrier = carrier;
    this.on("error", () => {});
    // What was full when its end came is not asked for more any more.
    this.once("end", () => carrier.wantsMore(this));
    if (!unidirectional) return;
    this.#replied = true;
    this.#localEnded = true;
    this.end();
  }

  /** The peer has sent FIN. */
  get remoteEnded(): boolean {
    return this.#remoteEnded;
  }

  /** Sends SYN_REPLY; a first write does it too. Peers wait for it, and drop DATA that comes before. */
  accept(): this {
    if (!this.#replied && !this.destroyed) {
      this.#replied = true;
      this.#carrier.reply(this.id);
    }
    return this;
  }

  /** Ends both directions at once; what is queued is dropped. */
  reset(code: number = ResetCode.cancel): void {
    if (this.destroyed) return;
    this.#sendReset(code);
    this.destroy();
  }

  /** For the connection: the peer's FIN. */
  endRemote(): void {
    if (this.#remoteEnded) return;
    this.#remoteEnded = true;
    this.push(null);
  }

  /** For the connection: the peer's RST_STREAM, or the end of the connection. Nothing is sent. */
  cut(): void {
    this.#remoteEnded = true;
    this.#localEnded = true;
    this.destroy();
  }

  override _read(): void {
    this.#carrier.wantsMore(this);
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.accept();
    this.#carrier.data(this.id, chunk, 0, done);
  }

  override _final(done: (error?: Error | null) => void): void {
    if (this.#localEnded) return done();
    this.accept();
    this.#localEnded = true;
    this.#carrier.data(this.id, EMPTY, FLAG_FIN, done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#sendReset(error === null ? ResetCode.cancel : ResetCode.internalError);
    this.#carrier.forget(this);
    done(error);
  }

  #sendReset(code: number): void {
    if (this.#localEnded && this.#remoteEnded) return;
    this.#localEnded = true;
    this.#remoteEnded = true;
    this.#carrier.reset(this.id, code);
  }
}
