/** A channel of a WebSocket as a Writable. Back-pressure: the next chunk is taken once the last one is on its way. */
import { Writable } from "node:stream";
import { WebSocket } from "ws";

const BUFFER_BYTES = 64 * 1024;

/** Makes the channel; `encode` adds the channel's number. */
export function createChannelWriter(socket: WebSocket, encode: (data: Uint8Array) => string | Buffer): Writable {
  const writer = new Writable({
    highWaterMark: BUFFER_BYTES,
    write(chunk: Buffer, _encoding, done) {
      sendMessage(socket, encode(chunk), done);
    },
  });
  writer.on("error", () => {});
  socket.once("close", () => writer.destroy());
  return writer;
}

/** Sends a message; calls back once it is handed to the system. */
export function sendMessage(
  socket: WebSocket,
  message: string | Buffer,
  done: (error?: Error | null) => void = () => {},
): void {
  if (socket.readyState !== WebSocket.OPEN) return done(new Error("the connection is closed"));
  socket.send(message, { binary: typeof message !== "string" }, done);
}
