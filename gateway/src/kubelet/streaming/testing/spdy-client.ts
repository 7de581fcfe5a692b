/** A SPDY client for tests that shows every frame: header blocks pass one zlib stream, as Go's client writes them. */
import { constants, createDeflate, type Deflate } from "node:zlib";
import type { Duplex } from "node:stream";
import { eventually } from "../../testing/eventually.js";
import { DICTIONARY } from "../spdy/dictionary.js";
import { encodeControl, encodeDataHead, encodeNumbers, FLAG_FIN, FrameType } from "../spdy/frames.js";
import { encodeHeaders } from "../spdy/headers.js";
import { FrameParser } from "../spdy/parser.js";

/** A frame that came from the server. */
export type Frame =
  | { readonly kind: "control"; readonly type: number; readonly flags: number; readonly numbers: readonly number[] }
  | { readonly kind: "data"; readonly id: number; readonly length: number; readonly fin: boolean };

/** A client over any transport that has been switched. */
export class SpdyClient {
  readonly socket: Duplex;
  readonly frames: Frame[] = [];
  readonly #blocks: HeaderBlocks = new HeaderBlocks();
  readonly #received = new Map<number, Buffer[]>();
  readonly #parser: FrameParser;
  #current = 0;
  #nextId = 1;
  #length = 0;
  /** The server has ended the connection. */
  ended = false;

  constructor(socket: Duplex) {
    this.socket = socket;
    this.#parser = new FrameParser(
      {
        control: ({ type, flags, body }) => {
          const numbers = Array.from({ length: Math.floor(body.length / 4) }, (_, index) =>
            body.readUInt32BE(4 * index),
          );
          this.frames.push({ kind: "control", type, flags, numbers });
        },
        dataBegin: (id) => {
          this.#current = id;
          this.#length = 0;
        },
        data: (piece) => {
          this.#length += piece.length;
          this.#received.set(this.#current, [...(this.#received.get(this.#current) ?? []), Buffer.from(piece)]);
        },
        dataEnd: (flags) => {
          const fin = (flags & FLAG_FIN) !== 0;
          this.frames.push({ kind: "data", id: this.#current, length: this.#length, fin });
        },
      },
      1 << 20,
    );
    const end = (): void => void (this.ended = true);
    socket.on("error", end).on("end", end).on("close", end);
    socket.on("data", (bytes: Buffer) => this.#parser.push(bytes));
  }

  write(bytes: Buffer): void {
    this.socket.write(bytes);
  }

  /** The frame that opens a stream. */
  async syn(id: number, headers: Readonly<Record<string, string>>, flags = 0): Promise<Buffer> {
    return this.synWith(id, await this.#blocks.add(encodeHeaders(headers)), flags);
  }

  /** The same around bytes that are no header block once inflated. */
  async synOver(id: number, block: Buffer): Promise<Buffer> {
    return this.synWith(id, await this.#blocks.add(block));
  }

  /** The same around any bytes. */
  synWith(id: number, block: Buffer, flags = 0): Buffer {
    const head = Buffer.alloc(10);
    head.writeUInt32BE(id);
    return encodeControl({ type: FrameType.synStream, flags, body: Buffer.concat([head, block]) });
  }

  data(id: number, payload: string | Buffer, fin = false): Buffer {
    const bytes = Buffer.from(payload as string);
    return Buffer.concat([encodeDataHead(id, fin ? FLAG_FIN : 0, bytes.length), bytes]);
  }

  ping(id: number): Buffer {
    return encodeNumbers(FrameType.ping, id);
  }

  goAway(): Buffer {
    return encodeNumbers(FrameType.goAway, 0, 0);
  }

  reset(id: number): Buffer {
    return encodeNumbers(FrameType.rstStream, id, 5);
  }

  /** Opens a stream and waits for the reply, as Go's client does. Answers its id: 1, 3, 5, ... */
  async open(headers: Readonly<Record<string, string>>): Promise<number> {
    const id = this.#nextId;
    this.#nextId += 2;
    this.write(await this.syn(id, headers));
    await eventually(`the reply to stream ${id}`, () => this.controls(FrameType.synReply).some(([of]) => of === id));
    return id;
  }

  /** The numbers of all control frames of a type. */
  controls(type: number): readonly (readonly number[])[] {
    return this.frames.flatMap((frame) => (frame.kind === "control" && frame.type === type ? [frame.numbers] : []));
  }

  /** Everything that came on a stream. */
  received(id: number): string {
    return Buffer.concat(this.#received.get(id) ?? []).toString("latin1");
  }

  /** The server has closed its direction of a stream. */
  finished(id: number): boolean {
    return this.frames.some((frame) => frame.kind === "data" && frame.id === id && frame.fin);
  }

  dispose(): void {
    this.#blocks.close();
    this.socket.destroy();
  }
}

class HeaderBlocks {
  readonly #deflate: Deflate = createDeflate({ dictionary: DICTIONARY });
  #pieces: Buffer[] = [];

  constructor() {
    this.#deflate.on("data", (piece: Buffer) => this.#pieces.push(piece));
  }

  async add(bytes: Buffer): Promise<Buffer> {
    this.#deflate.write(bytes);
    await new Promise<void>((resolve) => this.#deflate.flush(constants.Z_SYNC_FLUSH, () => resolve()));
    const block = Buffer.concat(this.#pieces);
    this.#pieces = [];
    return block;
  }

  close(): void {
    this.#deflate.close();
  }
}
