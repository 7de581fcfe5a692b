/**
 * Port-forward over WebSocket without SPDY: the n-th port of the query has the channels 2n (data) and 2n+1 (error), and each
 * of them begins with the port. One connection per port; no direction can be closed alone.
 */
import { PassThrough, type Readable, type Writable } from "node:stream";
import type { WebSocket } from "ws";
import type { ForwardClient } from "../forward.js";
import { endAll } from "../waiting.js";
import { type ChannelProtocol, channelProtocol, decodeMessage, encodeMessage } from "./channels.js";
import { createChannelWriter, type WebSocketLink } from "./writer.js";

const INPUT_BYTES = 256 * 1024;

/** The connections, one per port. */
export function createChannelForwards(link: WebSocketLink, ports: readonly number[]): readonly ChannelForward[] {
  const { socket } = link;
  const protocol = channelProtocol(socket.protocol);
  const forwards = ports.map((port, index) => new ChannelForward({ link, protocol, index, port }));
  socket.on("message", (message: Buffer) => {
    const decoded = decodeMessage(protocol, message);
    if (decoded !== undefined && decoded.channel % 2 === 0) forwards[decoded.channel / 2]?.take(decoded.data);
  });
  return forwards;
}

interface Place {
  readonly link: WebSocketLink;
  readonly protocol: ChannelProtocol;
  readonly index: number;
  readonly port: number;
}

/** One of the connections. */
export class ChannelForward implements ForwardClient {
  readonly port: number;
  readonly output: Writable;
  readonly #input = new PassThrough({ highWaterMark: INPUT_BYTES });
  readonly #error: Writable;
  readonly #socket: WebSocket;

  constructor({ link, protocol, index, port }: Place) {
    const { socket } = link;
    this.port = port;
    this.#socket = socket;
    const writer = (channel: number): Writable =>
      createChannelWriter(link, (data) => encodeMessage(protocol, channel, data));
    this.output = writer(2 * index);
    this.#error = writer(2 * index + 1);
    const head = Buffer.allocUnsafe(2);
    head.writeUInt16LE(port);
    this.output.write(head);
    this.#error.write(head);
    const resume = (): void => socket.resume();
    this.#input.on("drain", resume).on("close", resume).on("error", resume);
    socket.once("close", () => this.#input.destroy());
  }

  get input(): Readable {
    return this.#input;
  }

  take(data: Buffer): void {
    if (this.#input.writable && data.length > 0 && !this.#input.write(data)) this.#socket.pause();
  }

  /** Resolves once everything is on its way, or the signal aborts: only then may the WebSocket be closed. */
  async flush(closed: AbortSignal): Promise<void> {
    await Promise.all([endAll(this.output, closed), endAll(this.#error, closed)]);
  }

  endOutput(): void {
    this.output.end();
    this.#input.end();
  }

  refuse(message: string): void {
    if (this.#error.writable) this.#error.end(message);
    this.#input.destroy();
  }

  cut(): void {
    this.output.end();
    this.#input.destroy();
  }
}
