/**
 * A program of its own: runs in a pod's network namespace and joins its standard streams with a port there, so that ports
 * bound to 127.0.0.1 are reached too. Says on descriptor 3 whether the connection stands.
 */
import { createWriteStream } from "node:fs";
import { connect } from "node:net";

const STATUS_DESCRIPTOR = 3;

const port = Number(process.argv[2]);
const status = createWriteStream("", { fd: STATUS_DESCRIPTOR });
const socket = connect({ host: "localhost", port, allowHalfOpen: true, autoSelectFamily: true });

socket.once("connect", () => {
  status.end("connected\n");
  process.stdin.pipe(socket);
  socket.pipe(process.stdout);
});
socket.once("error", () => process.exit(1));
socket.once("close", () => process.exit(0));
process.stdout.once("error", () => process.exit(1));
