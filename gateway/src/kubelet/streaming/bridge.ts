/** One exec or attach from its start to its verdict: the client on one side, the provider on the other. */
import type { Clock } from "../../ports/clock.js";
import { ProviderError, type SessionInput, type SessionOutput, type TerminalSize } from "../../ports/provider.js";
import { type ClientSession, SessionOverError, type Wanted } from "./client-session.js";
import { sessionInput } from "./input.js";
import { toVerdict, type Verdict } from "./verdict.js";
import { writeAll } from "./waiting.js";

/** What the provider's side is opened with. */
export interface SessionStart {
  readonly input: AsyncIterable<SessionInput>;
  /** Empty: there is no terminal, or the client has not said its size. */
  readonly size: { readonly size?: TerminalSize };
  readonly signal: AbortSignal;
}

/** Opens the provider's side. */
export type OpenSession = (start: SessionStart) => Promise<AsyncIterable<SessionOutput>>;

/** Time for a client to say the first size of its terminal, which it does at once. */
const FIRST_SIZE_MS = 500;

/** What to join. */
export interface Bridge {
  readonly client: ClientSession;
  readonly wanted: Wanted;
  readonly clock: Clock;
  readonly open: OpenSession;
  /** Before the text of a failure: "error executing command in container". */
  readonly failure: string;
  /** Aborts when the gateway stops, or gives the session up; the client is then told why. */
  readonly signal: AbortSignal;
}

/** Runs the session to its end. The client gets a verdict whatever happens: a connection without one reads as success. */
export async function bridge(options: Bridge): Promise<void> {
  const over = new AbortController();
  const { client, signal } = options;
  const verdict = await converse(options, AbortSignal.any([signal, client.gone, over.signal])).catch(
    (error: unknown): Verdict => ({ kind: "failed", message: `${options.failure}: ${reasonOf(error, signal)}` }),
  );
  await client.finish(verdict);
  over.abort();
}

async function converse(bridge: Bridge, signal: AbortSignal): Promise<Verdict> {
  const { client, open, failure } = bridge;
  const first = bridge.wanted.tty ? await firstSize(bridge, signal) : undefined;
  const size = first === undefined ? {} : { size: first };
  const outputs = await open({ input: sessionInput(client, signal), size, signal });
  for await (const output of outputs) {
    if (output.kind === "exit") return withContext(toVerdict(output.exit), failure);
    await writeAll(output.kind === "stdout" ? client.stdout : client.stderr, output.data, signal);
  }
  signal.throwIfAborted();
  throw new ProviderError("the provider did not say how the command ended");
}

async function firstSize({ client, clock }: Bridge, signal: AbortSignal): Promise<TerminalSize | undefined> {
  const { sizes } = client;
  const came = new AbortController();
  sizes.onSize(() => came.abort());
  const size = sizes.take();
  if (size !== undefined) return size;
  await clock.sleep(FIRST_SIZE_MS, AbortSignal.any([signal, came.signal])).catch(() => {});
  signal.throwIfAborted();
  return sizes.take();
}

function withContext(verdict: Verdict, failure: string): Verdict {
  return verdict.kind === "failed" ? { ...verdict, message: `${failure}: ${verdict.message}` } : verdict;
}

/** Only our own words and the provider's: texts of libraries may carry anything. */
function reasonOf(error: unknown, signal: AbortSignal): string {
  if (signal.aborted && signal.reason instanceof Error) return signal.reason.message;
  return error instanceof ProviderError || error instanceof SessionOverError ? error.message : "the session broke off";
}
