/** Exec, attach and port-forward, over the second connection; an open one outlives its session. */
import type { AttachResponse, CallOptions, ExecResponse, PortForwardResponse } from "@outboard/contract";
import {
  type ForwardInput,
  type ForwardOutput,
  ProviderError,
  type ProviderStreams,
  type SessionInput,
  type SessionOutput,
} from "../ports/provider.js";
import { type Connection, inSession } from "./connection.js";
import { isSessionError, toProviderError } from "./errors.js";
import {
  fromForwardFrame,
  fromSessionFrame,
  toAttachRequests,
  toExecRequests,
  toForwardRequests,
} from "./map-interactions.js";
import { requireSession } from "./open-session.js";
import type { ProviderSession } from "./session.js";

type Frames<Response> = AsyncGenerator<Response>;

/** Opens interactions within the session that is open then. */
export function createProviderStreams(connection: Connection, session: ProviderSession): ProviderStreams {
  const { interaction } = connection;
  return {
    openExec: (order, input: AsyncIterable<SessionInput>, signal) =>
      open(session, "exec", signal, async (options) =>
        sessionOutputs(interaction.exec(toExecRequests(order, input), options), "exec", signal),
      ),
    openAttach: (order, input: AsyncIterable<SessionInput>, signal) =>
      open(session, "attach", signal, async (options) =>
        sessionOutputs(interaction.attach(toAttachRequests(order, input), options), "attach", signal),
      ),
    openPortForward: (order, input: AsyncIterable<ForwardInput>, signal) =>
      open(session, "portForward", signal, async (options) =>
        forwardOutputs(interaction.portForward(toForwardRequests(order, input), options), signal),
      ),
  };
}

/** A refusal that ends the session invalidates it. */
async function open<Outputs>(
  session: ProviderSession,
  call: string,
  signal: AbortSignal,
  start: (options: CallOptions) => Promise<Outputs>,
): Promise<Outputs> {
  const held = requireSession(session.current());
  try {
    return await start(inSession(held.id, signal));
  } catch (error) {
    signal.throwIfAborted();
    if (isSessionError(error)) held.invalidate(error);
    throw toProviderError(error, call);
  }
}

/** Resolves at the first frame: the provider has taken the call. */
async function sessionOutputs(
  stream: AsyncIterable<ExecResponse | AttachResponse>,
  call: string,
  signal: AbortSignal,
): Promise<Frames<SessionOutput>> {
  const frames = stream[Symbol.asyncIterator]();
  const isLast = ({ kind }: SessionOutput): boolean => kind === "exit";
  return mapped(await frames.next(), frames, { map: fromSessionFrame, isLast, call, signal });
}

/** Resolves once the connection stands. */
async function forwardOutputs(
  stream: AsyncIterable<PortForwardResponse>,
  signal: AbortSignal,
): Promise<Frames<ForwardOutput>> {
  const frames = stream[Symbol.asyncIterator]();
  const first = await frames.next();
  const refused = first.done === true ? undefined : fromForwardFrame(first.value);
  if (refused?.kind === "broken") {
    await frames.return?.();
    throw new ProviderError(refused.message);
  }
  const isLast = ({ kind }: ForwardOutput): boolean => kind === "broken";
  return mapped(first, frames, { map: fromForwardFrame, isLast, call: "portForward", signal });
}

interface Mapping<Response, Output> {
  /** undefined: a frame that says nothing to the core. */
  readonly map: (frame: Response) => Output | undefined;
  /** Only the status follows. */
  readonly isLast: (output: Output) => boolean;
  readonly call: string;
  readonly signal: AbortSignal;
}

async function* mapped<Response, Output>(
  first: IteratorResult<Response>,
  rest: AsyncIterator<Response>,
  { map, isLast, call, signal }: Mapping<Response, Output>,
): Frames<Output> {
  let over = false;
  try {
    for (let next = first; next.done !== true && !over; next = await rest.next()) {
      const output = map(next.value);
      over = output !== undefined && isLast(output);
      if (output !== undefined) yield output;
    }
  } catch (error) {
    signal.throwIfAborted();
    throw toProviderError(error, call);
  } finally {
    if (over) void drain(rest);
    else await rest.return?.();
  }
}

/** The call ends by itself, or with its signal; cancelled now it would look like a client that left. */
async function drain(rest: AsyncIterator<unknown>): Promise<void> {
  try {
    while ((await rest.next()).done !== true);
  } catch {
    // What counts has been said.
  }
}
