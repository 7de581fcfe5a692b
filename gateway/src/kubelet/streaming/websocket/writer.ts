/**
 * A channel of a WebSocket as a Writable. Frames are written to the connection by hand, as `ws` would need a copy of all bytes
 * to put the channel's number before them. Back-pressure: the next chunks are taken once the last ones are on their way.
 */
import { type Duplex, Writable } from "node:stream";
import { WebSocket } from "ws";
import type { EncodedMessage } from "./channels.js";
import { frameHead } from "./frame.js";

/** A WebSocket and the connection below it. */
export interface WebSocketLink {
  readonly socket: WebSocket;
  readonly carrier: Duplex;
}

type Done = (error?: Error | null) => void;

const BUFFER_BYTES = 128 * 1024;

/** Makes the channel; `encode` adds the channel's number. */
export function createChannelWriter(link: WebSocketLink, encode: (data: Uint8Array) => EncodedMessage): Writable {
  const writer = new Writable({
    highWaterMark: BUFFER_BYTES,
    write(chunk: Buffer, _encoding, done) {
      sendMessages(link, [encode(chunk)], done);
    },
    writev(chunks, done) {
      sendMessages(
        link,
        chunks.map(({ chunk }) => encode(chunk as Buffer)),
        done,
      );
    },
  });
  writer.on("error", () => {});
  link.socket.once("close", () => writer.destroy());
  return writer;
}

/** Sends messages; calls back once they are handed to the system. */
export function sendMessages(
  { socket, carrier }: WebSocketLink,
  messages: readonly EncodedMessage[],
  done: Done = () => {},
): void {
  if (socket.readyState !== WebSocket.OPEN) return done(new Error("the connection is closed"));
  carrier.cork();
  for (const [index, message] of messages.entries()) {
    carrier.write(frameHead(message));
    carrier.write(message.rest, index === messages.length - 1 ? done : undefined);
  }
  carrier.uncork();
}
