/** A provider's streams for tests: what was asked is kept, what happens comes from the test. */
import {
  type AttachOrder,
  type ExecOrder,
  type ForwardInput,
  type ForwardOutput,
  type ProviderError,
  type ProviderStreams,
  type SessionInput,
  type SessionOutput,
} from "../../ports/provider.js";

/** Behaves as a command does. Throwing before the first output refuses the call. */
export type Command = (
  order: ExecOrder | AttachOrder,
  input: AsyncIterable<SessionInput>,
  signal: AbortSignal,
) => AsyncIterable<SessionOutput>;

/** Behaves as a port of a pod does. */
export type Port = (input: AsyncIterable<ForwardInput>, signal: AbortSignal) => AsyncIterable<ForwardOutput>;

/** Streams under a test's control. */
export interface ScriptedStreams extends ProviderStreams {
  readonly orders: (ExecOrder | AttachOrder)[];
  readonly ports: number[];
  /** Signals of all calls, in order. */
  readonly signals: AbortSignal[];
  /** Replaces what commands do; default: they end with 0. */
  run(command: Command): void;
  /** Replaces what ports do; default: they give back what they get. */
  serve(port: Port): void;
  /** The next calls reject. */
  fail(error: ProviderError): void;
}

/** Makes them. */
export function createScriptedStreams(): ScriptedStreams {
  const orders: (ExecOrder | AttachOrder)[] = [];
  const ports: number[] = [];
  const signals: AbortSignal[] = [];
  let command: Command = () => exitWith(0);
  let port: Port = echo;
  let failure: ProviderError | undefined;
  const begin = (signal: AbortSignal): void => {
    signals.push(signal);
    if (failure !== undefined) throw failure;
  };
  const session = async (
    order: ExecOrder | AttachOrder,
    input: AsyncIterable<SessionInput>,
    signal: AbortSignal,
  ): Promise<AsyncIterable<SessionOutput>> => {
    orders.push(order);
    begin(signal);
    return command(order, input, signal);
  };
  return {
    orders,
    ports,
    signals,
    run: (next) => void (command = next),
    serve: (next) => void (port = next),
    fail: (error) => void (failure = error),
    openExec: session,
    openAttach: session,
    async openPortForward(order, input, signal) {
      ports.push(order.port);
      begin(signal);
      return port(input, signal);
    },
  };
}

/** Ends with a code, after some output. */
export async function* exitWith(code: number, ...before: readonly SessionOutput[]): AsyncGenerator<SessionOutput> {
  yield* before;
  yield { kind: "exit", exit: { kind: "code", code } };
}

/** Output as text. */
export function stdout(text: string): SessionOutput {
  return { kind: "stdout", data: Buffer.from(text) };
}

/** Output as text. */
export function stderr(text: string): SessionOutput {
  return { kind: "stderr", data: Buffer.from(text) };
}

/** Gives standard input back, and ends with 0 when it ends. */
export async function* cat(_order: unknown, input: AsyncIterable<SessionInput>): AsyncGenerator<SessionOutput> {
  for await (const each of input) {
    if (each.kind === "stdin") yield { kind: "stdout", data: each.data };
    if (each.kind === "stdin-end") break;
  }
  yield* exitWith(0);
}

async function* echo(input: AsyncIterable<ForwardInput>): AsyncGenerator<ForwardOutput> {
  yield* input;
}

/** Never says anything; ends with the signal. */
export async function* silent(_order: unknown, _input: unknown, signal: AbortSignal): AsyncGenerator<SessionOutput> {
  await new Promise((_resolve, reject) =>
    signal.addEventListener("abort", () => reject(signal.reason), { once: true }),
  );
  yield* exitWith(0);
}
