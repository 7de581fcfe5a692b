/** The client side of a SPDY/3.1 connection: streams that we open, back-pressure both ways. SPDY's own windows are not used. */
import type { Duplex } from "node:stream";
import { CANCEL, dataHead, FLAG_FIN, FRAME, numbersFrame, STREAM_ID_MASK, synStream } from "./frames.js";
import { FrameParser } from "./parser.js";
import { SpdyStream } from "./stream.js";

type Done = (error?: Error | null) => void;

/** Most bytes of one DATA frame. */
const MOST_PAYLOAD = 0xff_ff_ff;

/** A connection; it lives from its construction. */
export class SpdyConnection {
  readonly #socket: Duplex;
  readonly #streams = new Map<number, SpdyStream>();
  /** Streams whose buffers are full: while there is one, nothing is read. */
  readonly #full = new Set<number>();
  readonly #parser: FrameParser;
  readonly #ended = new AbortController();
  #writers: Done[] = [];
  #nextId = 1;

  /** `head`: bytes that came behind the answer to the upgrade. */
  constructor(socket: Duplex, head: Buffer) {
    this.#socket = socket;
    this.#parser = new FrameParser({
      control: (type, flags, body) => this.#control(type, flags, body),
      data: (id, piece) => this.#data(id, piece),
      end: (id) => this.#streams.get(id)?.endRemote(),
    });
    const end = (): void => this.destroy();
    socket.on("error", end).on("end", end).on("close", end);
    socket.on("drain", () => this.#release());
    socket.on("data", (bytes: Buffer) => this.#read(bytes));
    if (head.length > 0) socket.unshift(head);
  }

  /** Aborts when the connection is over; every stream has ended by then. */
  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  /** Opens a stream. */
  open(headers: Readonly<Record<string, string>>): SpdyStream {
    const id = this.#nextId;
    this.#nextId += 2;
    const stream = new SpdyStream(id, {
      data: (to, payload, isLast, done) => this.#send(to, payload, isLast, done),
      reset: (to) => this.#write(numbersFrame(FRAME.rstStream, to, CANCEL)),
      wantsMore: (to) => this.#unblock(to),
    });
    this.#streams.set(id, stream);
    stream.once("close", () => this.#streams.delete(id));
    this.#write(synStream(id, headers, id === 1));
    return stream;
  }

  /** Cuts the connection. */
  destroy(): void {
    if (this.#ended.signal.aborted) return;
    this.#ended.abort();
    for (const stream of this.#streams.values()) stream.cut();
    this.#release();
    this.#socket.destroy();
  }

  #read(bytes: Buffer): void {
    try {
      this.#parser.push(bytes);
    } catch {
      this.destroy();
    }
  }

  #control(type: number, flags: number, body: Buffer): void {
    const number = body.length >= 4 ? body.readUInt32BE(0) : 0;
    const stream = this.#streams.get(number & STREAM_ID_MASK);
    if (type === FRAME.ping && number % 2 === 0) this.#write(numbersFrame(FRAME.ping, number));
    if (type === FRAME.rstStream) stream?.cut();
    if (type === FRAME.synReply && (flags & FLAG_FIN) !== 0) stream?.endRemote();
  }

  #data(id: number, piece: Buffer): void {
    const stream = this.#streams.get(id);
    if (stream === undefined || stream.destroyed || stream.readableEnded || stream.push(piece)) return;
    this.#full.add(id);
    this.#socket.pause();
  }

  #unblock(id: number): void {
    if (this.#full.delete(id) && this.#full.size === 0) this.#socket.resume();
  }

  #send(id: number, payload: Buffer, isLast: boolean, done: Done): void {
    if (!this.#socket.writable || payload.length > MOST_PAYLOAD) return done(new Error("the connection is closed"));
    this.#socket.cork();
    this.#socket.write(dataHead(id, isLast ? FLAG_FIN : 0, payload.length));
    if (payload.length > 0) this.#socket.write(payload);
    this.#socket.uncork();
    if (this.#socket.writableNeedDrain) this.#writers.push(done);
    else done();
  }

  #write(frame: Buffer): void {
    if (this.#socket.writable) this.#socket.write(frame);
  }

  #release(): void {
    const writers = this.#writers;
    this.#writers = [];
    for (const done of writers) done();
  }
}
