/** Exec and attach sessions over the pod's socket: frames both ways after the answer line. */
import { constants } from "node:os";
import { execFile } from "node:child_process";
import type { Socket } from "node:net";
import { drain, type Instance } from "./instance.js";
import { launch, type EndStatus, type Launched } from "./launch.js";
import { processFacts, processTree, sendSignal } from "./processes.js";
import {
  FRAME,
  decodeFrames,
  encodeFrame,
  frameParts,
  type Frame,
  type ShimRequest,
  type WindowSize,
} from "./protocol.js";

type ExecRequest = Extract<ShimRequest, { op: "exec" }>;
type AttachRequest = Extract<ShimRequest, { op: "attach" }>;

/** A reader this far behind is cut off, so that it never holds up the container. */
const ATTACH_LIMIT_BYTES = 8 * 1024 * 1024;

export async function startExec(request: ExecRequest, instance: Instance): Promise<Launched> {
  const { execArgv, execScript, uid, gid } = instance.order;
  const fill = (text: string): string => text.replaceAll("@PID@", String(instance.record.pid));
  const script = Buffer.from(execScript, "base64").toString("latin1");
  const command = request.command.map((word) => Buffer.from(quote(word)).toString("latin1")).join(" ");
  const filled = fill(script)
    .replace("@TERM@", request.tty ? "export TERM=xterm" : ":")
    .replace("@COMMAND@", () => command);
  return await launch({
    argv: execArgv.map(fill),
    script: Buffer.from(filled, "latin1"),
    stdin: request.stdin,
    tty: request.tty,
    owner: { uid, gid },
    confirmed: false,
  });
}

export async function runExec(socket: Socket, head: Buffer, request: ExecRequest, launched: Launched): Promise<void> {
  if (request.size !== undefined) resize(launched, request.size);
  socket.once("close", () => killSession(launched));
  readFrames(socket, head, (frame) => onInput(frame, launched, socket));
  const drained = [forward(FRAME.stdout, launched.stdout, socket, launched.ended)];
  if (launched.stderr !== undefined) drained.push(forward(FRAME.stderr, launched.stderr, socket, launched.ended));
  const status = await launched.ended;
  await Promise.all(drained);
  launched.stdin?.destroy();
  socket.end(encodeFrame(FRAME.exit, Buffer.from(JSON.stringify(sessionExit(status)))));
}

export function runAttach(socket: Socket, head: Buffer, request: AttachRequest, instance: Instance): void {
  const { stdin } = instance;
  const stop = instance.listen((stream, bytes) => {
    socket.write(encodeFrame(FRAME[stream], bytes));
    if (socket.writableLength > ATTACH_LIMIT_BYTES) socket.destroy();
  });
  const leave = (): void => {
    stop();
    if (request.stdin && instance.order.stdinOnce) stdin?.end();
  };
  socket.once("close", leave);
  readFrames(socket, head, (frame) => {
    if (frame.kind === FRAME.stdin && stdin?.write(frame.body) === false) pauseUntilDrained(socket, stdin);
    if (frame.kind === FRAME.end && instance.order.stdinOnce) stdin?.end();
    if (frame.kind === FRAME.resize) resizeTerminal(instance.record.pid, frame.body);
  });
  void instance.ended.then((exit) => {
    stop();
    socket.end(encodeFrame(FRAME.exit, Buffer.from(JSON.stringify({ exitCode: exit.exitCode }))));
  });
}

function onInput(frame: Frame, launched: Launched, socket: Socket): void {
  const { stdin } = launched;
  if (frame.kind === FRAME.stdin && stdin?.write(frame.body) === false) pauseUntilDrained(socket, stdin);
  if (frame.kind === FRAME.end) stdin?.end();
  if (frame.kind === FRAME.resize) resizeTerminal(launched.pid, frame.body);
}

function pauseUntilDrained(socket: Socket, target: NodeJS.WritableStream): void {
  socket.pause();
  target.once("drain", () => socket.resume());
}

function readFrames(socket: Socket, head: Buffer, each: (frame: Frame) => void): void {
  let rest = decodeFrames(head, each);
  socket.on("data", (bytes: Buffer) => {
    rest = decodeFrames(rest.length === 0 ? bytes : Buffer.concat([rest, bytes]), each);
  });
  socket.resume();
}

function forward(kind: number, source: Socket, socket: Socket, ended: Promise<EndStatus>): Promise<void> {
  source.on("data", (bytes: Buffer) => {
    if (socket.destroyed || writeFrame(socket, kind, bytes)) return;
    source.pause();
    const resume = (): void => {
      socket.off("drain", resume).off("close", resume);
      source.resume();
    };
    socket.on("drain", resume).on("close", resume);
  });
  return drain(source, ended);
}

/** False: the socket wants no more until it has drained. */
function writeFrame(socket: Socket, kind: number, bytes: Buffer): boolean {
  const [head, body] = frameParts(kind, bytes);
  socket.cork();
  socket.write(head);
  socket.write(body);
  socket.uncork();
  return !socket.writableNeedDrain;
}

function sessionExit(status: EndStatus): unknown {
  if (status.signal !== null) {
    const signal = constants.signals[status.signal];
    return { exitCode: 128 + signal, signal };
  }
  return status.code === null ? { error: "the command could not be started" } : { exitCode: status.code };
}

function killSession(launched: Launched): void {
  for (const { pid } of processTree(launched.pid)) sendSignal(pid, constants.signals.SIGKILL);
}

function resize(launched: Launched, size: WindowSize): void {
  resizeTerminal(launched.pid, Buffer.from(JSON.stringify(size)));
}

/** A terminal takes its size from any descriptor of it; the kernel then signals the foreground processes. */
function resizeTerminal(pid: number, body: Buffer): void {
  try {
    const { width, height } = JSON.parse(body.toString()) as WindowSize;
    const terminal = processFacts(pid)?.terminal;
    if (terminal === undefined) return;
    execFile("stty", ["-F", terminal, "cols", String(width), "rows", String(height)], () => undefined);
  } catch {
    // The program is gone.
  }
}

function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
