/** One stream of a client's SPDY connection. Its end() sends FIN; the server's FIN or RST_STREAM is the end of what is read. */
import { Duplex } from "node:stream";

/** What a stream needs of its connection. */
export interface StreamCarrier {
  /** Calls back once more may be written. */
  data(id: number, payload: Buffer, isLast: boolean, done: (error?: Error | null) => void): void;
  reset(id: number): void;
  /** The stream's buffer has room again. */
  wantsMore(id: number): void;
}

const BUFFER_BYTES = 64 * 1024;
const EMPTY = Buffer.alloc(0);

/** Made by its connection. */
export class SpdyStream extends Duplex {
  readonly #id: number;
  readonly #carrier: StreamCarrier;
  #isCut = false;
  #endsAfter: Promise<unknown> | undefined;

  constructor(id: number, carrier: StreamCarrier) {
    super({ readableHighWaterMark: BUFFER_BYTES, writableHighWaterMark: BUFFER_BYTES });
    this.#id = id;
    this.#carrier = carrier;
    this.on("error", () => {});
    // What was full when its end came is not asked for more any more.
    this.once("end", () => carrier.wantsMore(id));
  }

  /** The server's FIN counts once this is settled: what is said elsewhere until then may give it another meaning. */
  holdEnd(until: Promise<unknown>): void {
    this.#endsAfter = until;
  }

  /** For the connection: the server sends no more. */
  endRemote(): void {
    if (this.#endsAfter === undefined) this.#close();
    else void this.#endsAfter.then(() => this.#close());
  }

  /** For the connection: the server has reset the stream, or the connection is over. What was received is still read. */
  cut(): void {
    this.#isCut = true;
    this.#close();
    this.end();
  }

  #close(): void {
    if (!this.readableEnded && !this.destroyed) this.push(null);
  }

  override _read(): void {
    this.#carrier.wantsMore(this.#id);
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    if (this.#isCut) done();
    else this.#carrier.data(this.#id, chunk, false, done);
  }

  override _final(done: (error?: Error | null) => void): void {
    if (this.#isCut) done();
    else this.#carrier.data(this.#id, EMPTY, true, done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    if (!this.#isCut && !(this.readableEnded && this.writableFinished)) this.#carrier.reset(this.#id);
    this.#carrier.wantsMore(this.#id);
    done(error);
  }
}
