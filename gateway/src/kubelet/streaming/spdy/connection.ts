/**
 * The server side of a SPDY/3.1 connection over any Duplex (TLS socket, WebSocket tunnel): streams that the peer opens, and
 * an end that loses nothing. A bad peer costs its own connection and nothing else.
 */
import type { Duplex } from "node:stream";
import type { Clock } from "../../../ports/clock.js";
import { HeaderDeflater, HeaderInflater } from "./compression.js";
import {
  type ControlFrame,
  encodeControl,
  encodeNumbers,
  FLAG_FIN,
  FLAG_UNIDIRECTIONAL,
  FrameType,
  GoAwayStatus,
  ResetCode,
  SpdyProtocolError,
} from "./frames.js";
import { decodeHeaders, encodeHeaders } from "./headers.js";
import { keepAlive } from "./keep-alive.js";
import { DEFAULT_LIMITS, type SpdyLimits } from "./limits.js";
import { FrameParser } from "./parser.js";
import { SpdyStream, type StreamCarrier } from "./stream.js";
import { StreamTable } from "./stream-table.js";
import { FrameWriter } from "./transport.js";

/** Limit of a control frame, and of a header block once inflated. */
const MAX_CONTROL_BYTES = 64 * 1024;
const STREAM_ID_MASK = 0x7f_ff_ff_ff;

/** How to serve. */
export interface SpdyOptions {
  readonly clock: Clock;
  /** Bytes that came behind the upgrade request. */
  readonly head?: Buffer;
  /** A stream was opened: accept() or reset() it at once. */
  readonly onStream: (stream: SpdyStream) => void;
  /** Nothing but PING came or went for too long. Default: the connection is closed. */
  readonly onIdle?: () => void;
  readonly limits?: Partial<SpdyLimits>;
}

/** A connection; it lives from its construction. */
export class SpdyConnection {
  readonly #socket: Duplex;
  readonly #writer: FrameWriter;
  readonly #parser: FrameParser;
  readonly #options: SpdyOptions;
  readonly #limits: SpdyLimits;
  readonly #inflater = new HeaderInflater(MAX_CONTROL_BYTES);
  readonly #deflater = new HeaderDeflater();
  readonly #streams: StreamTable;
  readonly #onIdle: () => void;
  readonly #ended = new AbortController();
  readonly #leaving = new AbortController();
  readonly #carrier: StreamCarrier;
  #receiver: SpdyStream | undefined;
  #lastId = 0;
  #closing = false;
  #idle = false;
  #lastActivity: number;

  constructor(socket: Duplex, options: SpdyOptions) {
    this.#socket = socket;
    this.#streams = new StreamTable(socket);
    this.#options = options;
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#lastActivity = options.clock.now();
    this.#onIdle = options.onIdle ?? (() => this.#close(GoAwayStatus.ok));
    this.#writer = new FrameWriter(socket);
    this.#carrier = this.#createCarrier();
    this.#parser = new FrameParser(
      {
        control: (frame) => this.#takeControl(frame),
        dataBegin: (id) => this.#beginData(id),
        data: (piece) => this.#takeData(piece),
        dataEnd: (flags) => this.#endData(flags),
      },
      MAX_CONTROL_BYTES,
    );
    this.#listen();
  }

  /** Aborts when the connection is over; every stream is destroyed by then. */
  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  /** Aborts when the peer has said that it leaves (GOAWAY), or the connection is over. */
  get leaving(): AbortSignal {
    return this.#leaving.signal;
  }

  get openStreams(): number {
    return this.#streams.size;
  }

  /** Resets what is open, says GOAWAY, flushes, and gives the peer time to hang up. Resolves once the connection is over. */
  close(): Promise<void> {
    this.#close(GoAwayStatus.ok);
    return this.#ended.signal.aborted
      ? Promise.resolve()
      : new Promise((resolve) => this.#ended.signal.addEventListener("abort", () => resolve(), { once: true }));
  }

  /** Cuts the connection. */
  destroy(): void {
    this.#end();
  }

  #listen(): void {
    const socket = this.#socket;
    const end = (): void => this.#end();
    socket.on("error", end).on("end", end).on("close", end);
    socket.on("data", (bytes: Buffer) => this.#read(bytes));
    const { head, clock } = this.#options;
    if (head !== undefined && head.length > 0) socket.unshift(head);
    void keepAlive({
      clock,
      signal: this.#ended.signal,
      ...this.#limits,
      lastActivity: () => this.#lastActivity,
      ping: (id) => this.#writer.control(encodeNumbers(FrameType.ping, id)),
      onIdle: () => this.#giveUp(),
    });
  }

  #createCarrier(): StreamCarrier {
    return {
      reply: (id) => this.#reply(id),
      data: (id, payload, flags, done) => {
        this.#touch();
        this.#writer.data(id, payload, flags, done);
      },
      reset: (id, code) => {
        if (!this.#leaving.signal.aborted) this.#writer.control(encodeNumbers(FrameType.rstStream, id, code));
      },
      wantsMore: (stream) => this.#streams.unblock(stream),
      forget: (stream) => this.#forget(stream),
    };
  }

  #reply(id: number): void {
    const block = this.#deflater.deflate(encodeHeaders({}));
    const body = Buffer.alloc(4 + block.length);
    body.writeUInt32BE(id);
    block.copy(body, 4);
    this.#writer.control(encodeControl({ type: FrameType.synReply, flags: 0, body }));
  }

  #read(bytes: Buffer): void {
    try {
      this.#parser.push(bytes);
    } catch {
      this.#close(GoAwayStatus.protocolError);
    }
  }

  #takeControl(frame: ControlFrame): void {
    if (frame.type !== FrameType.ping) this.#touch();
    switch (frame.type) {
      case FrameType.synStream:
        return this.#openStream(frame);
      case FrameType.synReply:
      case FrameType.headers:
        return this.#takeHeaders(frame);
      case FrameType.rstStream:
        return this.#streams.get(numberAt(frame, 0, 8) & STREAM_ID_MASK)?.cut();
      case FrameType.ping:
        return this.#answerPing(numberAt(frame, 0, 4));
      case FrameType.goAway:
        return this.#peerLeaves();
      default: // SETTINGS, WINDOW_UPDATE and what nobody knows
    }
  }

  #openStream(frame: ControlFrame): void {
    const id = numberAt(frame, 0, 10) & STREAM_ID_MASK;
    const headers = decodeHeaders(this.#inflater.inflate(frame.body.subarray(10)));
    if (this.#closing || this.#leaving.signal.aborted) return;
    if (id % 2 === 0 || id <= this.#lastId) throw new SpdyProtocolError(`${id} cannot be the id of a new stream`);
    this.#lastId = id;
    const { maxStreams, maxBufferedBytes } = this.#limits;
    if (this.#streams.size >= maxStreams) return this.#carrier.reset(id, ResetCode.refusedStream);
    const unidirectional = (frame.flags & FLAG_UNIDIRECTIONAL) !== 0;
    const stream = new SpdyStream(this.#carrier, { id, headers, unidirectional, maxBufferedBytes });
    this.#streams.add(stream);
    if ((frame.flags & FLAG_FIN) !== 0) stream.endRemote();
    this.#options.onStream(stream);
  }

  #takeHeaders(frame: ControlFrame): void {
    const id = numberAt(frame, 0, 4) & STREAM_ID_MASK;
    decodeHeaders(this.#inflater.inflate(frame.body.subarray(4)));
    if ((frame.flags & FLAG_FIN) !== 0) this.#streams.get(id)?.endRemote();
  }

  /** Odd ids are the peer's own; even ones answer ours. */
  #answerPing(id: number): void {
    if (id % 2 === 1) this.#writer.control(encodeNumbers(FrameType.ping, id));
  }

  #peerLeaves(): void {
    this.#leaving.abort();
    if (this.#streams.size === 0) this.#close(GoAwayStatus.ok);
  }

  #beginData(id: number): void {
    this.#touch();
    const stream = this.#streams.get(id);
    if (stream === undefined && (id === 0 || id % 2 === 0 || id > this.#lastId)) {
      throw new SpdyProtocolError(`DATA for the stream ${id}, which was never opened`);
    }
    if (stream?.remoteEnded === true) stream.reset(ResetCode.streamAlreadyClosed);
    else this.#receiver = stream;
  }

  #takeData(piece: Buffer): void {
    if (this.#receiver !== undefined) this.#streams.push(this.#receiver, piece);
  }

  #endData(flags: number): void {
    if ((flags & FLAG_FIN) !== 0) this.#receiver?.endRemote();
    this.#receiver = undefined;
  }

  #forget(stream: SpdyStream): void {
    if (this.#receiver === stream) this.#receiver = undefined;
    this.#streams.remove(stream);
    if (this.#leaving.signal.aborted && this.#streams.size === 0) this.#close(GoAwayStatus.ok);
  }

  /** Idle: first the orderly end, then, if the peer does not even take our last bytes, the cut. */
  #giveUp(): void {
    if (this.#idle) return this.#end();
    this.#idle = true;
    this.#touch();
    this.#onIdle();
  }

  #close(status: number): void {
    if (this.#closing || this.#ended.signal.aborted) return;
    this.#closing = true;
    this.#parser.stop();
    for (const stream of this.#streams.all()) stream.reset();
    this.#writer.control(encodeNumbers(FrameType.goAway, this.#lastId, status));
    this.#socket.end(() => void this.#linger());
    this.#socket.resume();
  }

  /** All is flushed. What the peer still sends is read and dropped: unread input would make the end a reset. */
  async #linger(): Promise<void> {
    await this.#options.clock.sleep(this.#limits.lingerMs, this.#ended.signal).catch(() => {});
    this.#end();
  }

  #end(): void {
    if (this.#ended.signal.aborted) return;
    this.#parser.stop();
    this.#leaving.abort();
    this.#ended.abort();
    for (const stream of this.#streams.all()) stream.cut();
    this.#writer.close();
    this.#socket.destroy();
  }

  #touch(): void {
    this.#lastActivity = this.#options.clock.now();
  }
}

/** A 32-bit number of a frame's body, which must have so many bytes at least. */
function numberAt({ body }: ControlFrame, at: number, minBytes: number): number {
  if (body.length < minBytes) throw new SpdyProtocolError("a control frame is too short");
  return body.readUInt32BE(at);
}
