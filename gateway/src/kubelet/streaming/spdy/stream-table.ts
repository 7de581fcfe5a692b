/** The open streams of a connection, and which of them hold up its reading: SPDY's own windows are not used. */
import type { Duplex } from "node:stream";
import type { SpdyStream } from "./stream.js";

/** One per connection. */
export class StreamTable {
  readonly #socket: Duplex;
  readonly #streams = new Map<number, SpdyStream>();
  /** Streams whose buffers are full: while there is one, nothing is read. */
  readonly #full = new Set<SpdyStream>();

  constructor(socket: Duplex) {
    this.#socket = socket;
  }

  get size(): number {
    return this.#streams.size;
  }

  get(id: number): SpdyStream | undefined {
    return this.#streams.get(id);
  }

  all(): Iterable<SpdyStream> {
    return this.#streams.values();
  }

  add(stream: SpdyStream): void {
    this.#streams.set(stream.id, stream);
  }

  remove(stream: SpdyStream): void {
    this.#streams.delete(stream.id);
    this.unblock(stream);
  }

  /** Hands bytes to a stream; nothing more is read until it wants more. */
  push(stream: SpdyStream, piece: Buffer): void {
    if (stream.destroyed || stream.push(piece)) return;
    this.#full.add(stream);
    this.#socket.pause();
  }

  /** The stream wants more, or will never want any. */
  unblock(stream: SpdyStream): void {
    if (this.#full.delete(stream) && this.#full.size === 0) this.#socket.resume();
  }
}
