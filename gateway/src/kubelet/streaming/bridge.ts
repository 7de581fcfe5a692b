/** One exec or attach from its start to its verdict: the client on one side, the provider on the other. */
import { ProviderError, type SessionInput, type SessionOutput } from "../../ports/provider.js";
import { type ClientSession, SessionOverError } from "./client-session.js";
import { sessionInput } from "./input.js";
import { toVerdict, type Verdict } from "./verdict.js";
import { writeAll } from "./waiting.js";

/** Opens the provider's side. */
export type OpenSession = (
  input: AsyncIterable<SessionInput>,
  signal: AbortSignal,
) => Promise<AsyncIterable<SessionOutput>>;

/** What to join. */
export interface Bridge {
  readonly client: ClientSession;
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

async function converse({ client, open, failure }: Bridge, signal: AbortSignal): Promise<Verdict> {
  const outputs = await open(sessionInput(client, signal), signal);
  for await (const output of outputs) {
    if (output.kind === "exit") return withContext(toVerdict(output.exit), failure);
    await writeAll(output.kind === "stdout" ? client.stdout : client.stderr, output.data, signal);
  }
  throw new ProviderError("the provider did not say how the command ended");
}

function withContext(verdict: Verdict, failure: string): Verdict {
  return verdict.kind === "failed" ? { ...verdict, message: `${failure}: ${verdict.message}` } : verdict;
}

/** Only our own words and the provider's: texts of libraries may carry anything. */
function reasonOf(error: unknown, signal: AbortSignal): string {
  if (signal.aborted && signal.reason instanceof Error) return signal.reason.message;
  return error instanceof ProviderError || error instanceof SessionOverError ? error.message : "the session broke off";
}
