/** Exec, attach and port-forward, over the second connection; an open one outlives its session. */
import type { AttachResponse, CallOptions, ExecResponse, PortForwardResponse } from "@outboard/contract";
import type { Clock } from "../ports/clock.js";
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

/** Time for the first frame. */
const ANSWER_MS = 10_000;

/** Where calls go. */
interface Calls {
  readonly session: Pick<ProviderSession, "current">;
  readonly clock: Clock;
}

/** Opens interactions within the session that is open then. */
export function createProviderStreams(
  { interaction }: Pick<Connection, "interaction">,
  session: Pick<ProviderSession, "current">,
  clock: Clock,
): ProviderStreams {
  const calls = { session, clock };
  return {
    openExec: (order, input: AsyncIterable<SessionInput>, signal) =>
      open(calls, "exec", signal, async (options) =>
        sessionOutputs(interaction.exec(toExecRequests(order, input), options), "exec", signal),
      ),
    openAttach: (order, input: AsyncIterable<SessionInput>, signal) =>
      open(calls, "attach", signal, async (options) =>
        sessionOutputs(interaction.attach(toAttachRequests(order, input), options), "attach", signal),
      ),
    openPortForward: (order, input: AsyncIterable<ForwardInput>, signal) =>
      open(calls, "portForward", signal, async (options) =>
        forwardOutputs(interaction.portForward(toForwardRequests(order, input), options), signal),
      ),
  };
}

/** A refusal that ends the session invalidates it. A provider that says nothing in time is given up. */
async function open<Outputs>(
  { session, clock }: Calls,
  call: string,
  signal: AbortSignal,
  start: (options: CallOptions) => Promise<Outputs>,
): Promise<Outputs> {
  const held = requireSession(session.current());
  const answered = new AbortController();
  const silent = new AbortController();
  const giveUp = (): void => silent.abort(new ProviderError(`${call}: the provider does not answer`));
  clock.sleep(ANSWER_MS, answered.signal).then(giveUp, () => {});
  try {
    return await start(inSession(held.id, AbortSignal.any([signal, silent.signal])));
  } catch (error) {
    signal.throwIfAborted();
    silent.signal.throwIfAborted();
    if (isSessionError(error)) held.invalidate(error);
    throw toProviderError(error, call);
  } finally {
    answered.abort();
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
