/** Frames of exec, attach and port-forward: ours out, the provider's in. Pure. */
import type {
  AttachRequest,
  AttachResponse,
  ExecRequest,
  ExecResponse,
  ExitResult,
  PortForwardRequest,
  PortForwardResponse,
} from "@outboard/contract";
import type {
  AttachOrder,
  ExecOrder,
  ForwardInput,
  ForwardOutput,
  SessionExit,
  SessionInput,
  SessionOutput,
} from "../ports/provider.js";

/** Most bytes of one frame. */
const CHUNK_BYTES = 32_768;

/** The start, then the input. */
export async function* toExecRequests(
  order: ExecOrder,
  input: AsyncIterable<SessionInput>,
): AsyncGenerator<ExecRequest> {
  const { size, ...start } = order;
  yield { frame: { $case: "start", value: { ...start, ...(size === undefined ? {} : { size }) } } };
  for await (const each of input) yield* sessionFrames(each);
}

/** The start, then the input. */
export async function* toAttachRequests(
  order: AttachOrder,
  input: AsyncIterable<SessionInput>,
): AsyncGenerator<AttachRequest> {
  const { size, ...start } = order;
  yield { frame: { $case: "start", value: { ...start, ...(size === undefined ? {} : { size }) } } };
  for await (const each of input) yield* sessionFrames(each);
}

/** The frames that exec and attach share. */
type SessionFrame = { readonly frame: Exclude<NonNullable<AttachRequest["frame"]>, { readonly $case: "start" }> };

function* sessionFrames(input: SessionInput): Generator<SessionFrame> {
  switch (input.kind) {
    case "stdin":
      for (const value of chunksOf(input.data)) yield { frame: { $case: "stdin", value } };
      return;
    case "stdin-end":
      return yield { frame: { $case: "stdinEnd", value: {} } };
    case "resize":
      return yield { frame: { $case: "resize", value: input.size } };
  }
}

/** The start, then the input. */
export async function* toForwardRequests(
  order: { readonly uid: string; readonly port: number },
  input: AsyncIterable<ForwardInput>,
): AsyncGenerator<PortForwardRequest> {
  yield { frame: { $case: "start", value: order } };
  for await (const each of input) {
    if (each.kind === "half-close") yield { frame: { $case: "halfClose", value: {} } };
    else for (const value of chunksOf(each.data)) yield { frame: { $case: "data", value } };
  }
}

function* chunksOf(data: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < data.length; at += CHUNK_BYTES) yield data.subarray(at, at + CHUNK_BYTES);
}

/** Output of a command. undefined: nothing for the client. */
export function fromSessionFrame({ frame }: ExecResponse | AttachResponse): SessionOutput | undefined {
  switch (frame?.$case) {
    case "stdout":
      return { kind: "stdout", data: frame.value };
    case "stderr":
      return { kind: "stderr", data: frame.value };
    case "exit":
      return { kind: "exit", exit: fromExit(frame.value) };
    default: // opened, or of a later revision
      return undefined;
  }
}

function fromExit({ result }: ExitResult): SessionExit {
  switch (result?.$case) {
    case "code":
      return { kind: "code", code: result.value };
    case "signal":
      return { kind: "signal", signal: result.value };
    case "error":
      return { kind: "error", message: result.value };
    default:
      return { kind: "error", message: "the provider does not know how it ended" };
  }
}

/** Output of a forwarded connection. undefined: nothing for the client. */
export function fromForwardFrame({ frame }: PortForwardResponse): ForwardOutput | undefined {
  switch (frame?.$case) {
    case "data":
      return { kind: "data", data: frame.value };
    case "halfClose":
      return { kind: "half-close" };
    case "failed":
      return { kind: "broken", message: frame.value.message };
    default: // opened, or of a later revision
      return undefined;
  }
}
