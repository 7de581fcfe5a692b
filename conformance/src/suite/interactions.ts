/** Logs, exec, attach and port-forward as checks use them. */
import {
  type AttachRequest,
  type AttachResponse,
  type AttachStart,
  type ExecRequest,
  type ExecResponse,
  type ExecStart,
  type LogChunk,
  LogsRequest,
  type LogsResponse,
  type PortForwardRequest,
  type PortForwardResponse,
} from "@outboard/contract";
import type { LimitName } from "./limits.js";
import { Reading, Sending } from "./streams.js";
import type { Trial } from "./trial.js";

/** A session with both directions. */
export interface Session<In, Out> {
  readonly input: Sending<In>;
  readonly output: Reading<Out>;
}

/** Opens a log. */
export function openLog(t: Trial, request: Partial<LogsRequest>): Reading<LogsResponse> {
  const whole = LogsRequest.create({ container: "main", ...request });
  return new Reading(t, (signal) => t.calls.interaction.logs(whole, t.streamOptions(signal)));
}

/** Reads a log to its end, which must be OK. */
export async function readLog(t: Trial, request: Partial<LogsRequest>, limit: LimitName = "stream"): Promise<string> {
  const log = openLog(t, request);
  const end = await log.ended(limit, "the log ends");
  if (end.status !== "OK") throw end.error;
  return logText(log.messages);
}

/** What the chunks hold. */
export function logText(messages: readonly LogsResponse[]): string {
  return logBytes(messages).toString("utf8");
}

/** The same as bytes. */
export function logBytes(messages: readonly LogsResponse[]): Buffer {
  return Buffer.concat(
    messages.flatMap(({ frame }) => (frame?.$case === "chunk" ? [Buffer.from(frame.value.data)] : [])),
  );
}

/** A line of a log and the time of the chunk that began it. */
export interface LogLine {
  readonly text: string;
  readonly time: bigint | undefined;
}

/** The whole lines of chunks and of what follows them, however they are divided. */
export function logLines(chunks: readonly Pick<LogChunk, "data" | "timeUnixNano">[], rest = ""): readonly LogLine[] {
  const lines: LogLine[] = [];
  let [open, time]: [string, bigint | undefined] = ["", undefined];
  for (const { data, timeUnixNano } of [...chunks, { data: Buffer.from(rest), timeUnixNano: undefined }]) {
    const [first = "", ...others] = Buffer.from(data).toString("utf8").split("\n");
    time = open === "" ? timeUnixNano : time;
    open += first;
    for (const next of others) {
      lines.push({ text: open, time });
      [open, time] = [next, timeUnixNano];
    }
  }
  return lines;
}

/** Lines of a text without the empty rest. */
export function linesOf(text: string): readonly string[] {
  return text.split("\n").filter((line) => line !== "");
}

/** Opens Exec with its start frame. */
export function openExec(
  t: Trial,
  start: Partial<ExecStart>,
  calls: Trial["calls"] = t.calls,
): Session<ExecRequest, ExecResponse> {
  const input = new Sending<ExecRequest>();
  const whole: ExecStart = {
    uid: "",
    container: "main",
    command: [],
    tty: false,
    stdin: false,
    stdout: true,
    stderr: true,
    ...start,
  };
  input.send({ frame: { $case: "start", value: whole } });
  return { input, output: new Reading(t, (signal) => calls.interaction.exec(input, t.streamOptions(signal))) };
}

/** What a command said and how it ended. */
export interface ExecResult {
  readonly stdout: Buffer;
  readonly stderr: Buffer;
  readonly frames: readonly string[];
  readonly code: number | undefined;
  readonly error: string | undefined;
}

/** Runs a command without input to its end. */
export async function runCommand(t: Trial, start: Partial<ExecStart>, input?: Uint8Array): Promise<ExecResult> {
  const session = openExec(t, { stdin: input !== undefined, ...start });
  for (const value of piecesOf(input ?? new Uint8Array())) session.input.send({ frame: { $case: "stdin", value } });
  if (input !== undefined) session.input.send({ frame: { $case: "stdinEnd", value: {} } });
  const result = await finish(session);
  session.input.close();
  return result;
}

/** Pieces as large as a frame may hold. */
export function piecesOf(bytes: Uint8Array): readonly Uint8Array[] {
  const count = Math.ceil(bytes.length / 32_768);
  return Array.from({ length: count }, (_, at) => bytes.subarray(at * 32_768, (at + 1) * 32_768));
}

/** Waits for the end of a command, which must be OK. */
export async function finish({ output }: Session<ExecRequest, ExecResponse>): Promise<ExecResult> {
  const end = await output.ended("stream", "the command's session ends");
  if (end.status !== "OK") throw end.error;
  return resultOf(output.messages);
}

/** The frames of a session put together. */
export function resultOf(messages: readonly (ExecResponse | AttachResponse)[]): ExecResult {
  const frames = messages.flatMap(({ frame }) => frame ?? []);
  const bytes = (kind: "stdout" | "stderr") =>
    Buffer.concat(frames.flatMap((frame) => (frame.$case === kind ? [Buffer.from(frame.value)] : [])));
  const exit = frames.find((frame) => frame.$case === "exit");
  const result = exit?.$case === "exit" ? exit.value.result : undefined;
  return {
    stdout: bytes("stdout"),
    stderr: bytes("stderr"),
    frames: frames.map(({ $case }) => $case),
    code: result?.$case === "code" ? result.value : undefined,
    error: result?.$case === "error" ? result.value : undefined,
  };
}

/** Opens Attach with its start frame. */
export function openAttach(t: Trial, start: Partial<AttachStart>): Session<AttachRequest, AttachResponse> {
  const input = new Sending<AttachRequest>();
  const whole: AttachStart = {
    uid: "",
    container: "main",
    tty: false,
    stdin: false,
    stdout: true,
    stderr: true,
    ...start,
  };
  input.send({ frame: { $case: "start", value: whole } });
  return { input, output: new Reading(t, (signal) => t.calls.interaction.attach(input, t.streamOptions(signal))) };
}

/** Opens PortForward with its start frame. */
export function openForward(t: Trial, uid: string, port: number): Session<PortForwardRequest, PortForwardResponse> {
  const input = new Sending<PortForwardRequest>();
  input.send({ frame: { $case: "start", value: { uid, port } } });
  return { input, output: new Reading(t, (signal) => t.calls.interaction.portForward(input, t.streamOptions(signal))) };
}

/** Bytes that a connection gave. */
export function forwardedBytes(messages: readonly PortForwardResponse[]): Buffer {
  return Buffer.concat(messages.flatMap(({ frame }) => (frame?.$case === "data" ? [Buffer.from(frame.value)] : [])));
}

/** Waits for the first message of a stream or for its end. `what`: for the report. */
export async function awaitAnswer(t: Trial, stream: Reading<unknown>, what: string): Promise<void> {
  await t.eventually("first-frame", what, async () =>
    stream.messages.length > 0 || stream.end !== undefined ? true : undefined,
  );
}

/** Waits for the answer, and leaves. @throws what the stream ended with, if nothing came before */
export async function firstOrEnd(t: Trial, output: Reading<unknown>): Promise<void> {
  await awaitAnswer(t, output, "the first frame");
  if (output.messages.length === 0 && output.end !== undefined && output.end.status !== "OK") throw output.end.error;
  await output.close();
}
