/** The client side of a SPDY/3.1 connection: streams that we open, back-pressure both ways. SPDY's own windows are not used. */
import type { Duplex } from "node:stream";
import { CANCEL, dataHead, FLAG_FIN, FRAME, numbersFrame, STREAM_ID_MASK, synStream } from "./frames.js";
import { FrameParser } from "./parser.js";
import { SpdyStream } from "./stream.js";

type Done = (error?: Error | null) => void;

/** Most bytes of one DATA frame. */
const MOST_PAYLOAD = 0xff_ff_ff;
/** How long a connection that is over waits for the server's answers to its streams. */
const PATIENCE_MS = 5_000;

/** A connection; it lives from its construction. */
export class SpdyConnection {
  readonly #socket: Duplex;
  readonly #streams = new Map<number, SpdyStream>();
  /** Streams whose buffers are full: while there is one, nothing is read. */
  readonly #full = new Set<number>();
  /** Streams that the server has not answered to. */
  readonly #unanswered = new Set<number>();
  readonly #patienceMs: number;
  readonly #parser: FrameParser;
  readonly #ended = new AbortController();
  #writers: Done[] = [];
  #nextId = 1;
  #waiting: NodeJS.Timeout | undefined;

  /** `head`: bytes that came behind the answer to the upgrade. */
  constructor(socket: Duplex, head: Buffer, patienceMs: number = PATIENCE_MS) {
    this.#socket = socket;
    this.#patienceMs = patienceMs;
    this.#parser = new FrameParser({
      control: (type, flags, body) => this.#control(type, flags, body),
      data: (id, piece) => this.#data(id, piece),
      end: (id) => this.#streams.get(id)?.endRemote(),
    });
    const end = (): void => this.#break();
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
    this.#unanswered.add(id);
    stream.once("close", () => this.#streams.delete(id));
    this.#write(synStream(id, headers, id === 1));
    return stream;
  }

  /**
   * Cuts the connection. The socket stays until the server has answered to each stream: a server that cannot answer any
   * more holds whoever writes to that stream for ever, and with containerd that is the container's output, then its end.
   */
  destroy(): void {
    if (!this.#ended.signal.aborted) {
      this.#ended.abort();
      for (const stream of this.#streams.values()) stream.cut();
      this.#release();
    }
    if (this.#unanswered.size === 0) return this.#hangUp();
    this.#socket.resume();
    this.#waiting ??= setTimeout(() => this.#hangUp(), this.#patienceMs).unref();
  }

  #break(): void {
    this.#unanswered.clear();
    this.destroy();
  }

  #hangUp(): void {
    clearTimeout(this.#waiting);
    this.#socket.destroy();
  }

  #answered(id: number): void {
    if (this.#unanswered.delete(id) && this.#ended.signal.aborted) this.destroy();
  }

  #read(bytes: Buffer): void {
    try {
      this.#parser.push(bytes);
    } catch {
      this.#break();
    }
  }

  #control(type: number, flags: number, body: Buffer): void {
    const number = body.length >= 4 ? body.readUInt32BE(0) : 0;
    const stream = this.#streams.get(number & STREAM_ID_MASK);
    if (type === FRAME.ping && number % 2 === 0) this.#write(numbersFrame(FRAME.ping, number));
    if (type === FRAME.rstStream) stream?.cut();
    if (type === FRAME.synReply && (flags & FLAG_FIN) !== 0) stream?.endRemote();
    if (type === FRAME.rstStream || type === FRAME.synReply) this.#answered(number & STREAM_ID_MASK);
  }

  #data(id: number, piece: Buffer): void {
    const stream = this.#streams.get(id);
    if (this.#ended.signal.aborted || stream === undefined || stream.destroyed) return;
    if (stream.readableEnded || stream.push(piece)) return;
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
