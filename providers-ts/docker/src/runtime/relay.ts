/**
 * A program of its own: runs in a pod's network namespace and joins its standard streams with a port there, so that ports
 * bound to 127.0.0.1 are reached too. Says on descriptor 3 whether the connection stands. Either side may close before the
 * other.
 */
import { createWriteStream } from "node:fs";
import { connect, Socket } from "node:net";

const input = new Socket({ fd: 0, readable: true, writable: false });
const output = new Socket({ fd: 1, readable: false, writable: true });
const status = createWriteStream("", { fd: 3 });
const socket = connect({
  host: "localhost",
  port: Number(process.argv[2]),
  allowHalfOpen: true,
  autoSelectFamily: true,
});

socket.once("connect", () => {
  status.end("connected\n");
  input.pipe(socket);
  socket.pipe(output);
});
for (const stream of [socket, input, output]) stream.once("error", () => process.exit(1));
