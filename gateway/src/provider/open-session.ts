/** An open session, as calls see it. */
import { ProviderError, type ProviderInfo } from "../ports/provider.js";
import type { CallDeadlines } from "./connection.js";

/** An open session. */
export interface OpenSession {
  readonly id: string;
  readonly info: ProviderInfo;
  readonly deadlines: CallDeadlines;
  /** Aborts when the session is over. */
  readonly signal: AbortSignal;
  /** Ends the session: the provider refused a call with SESSION, or has no such call. */
  invalidate(reason: unknown): void;
}

/** The session, if one is open. @throws ProviderError: nothing was sent */
export function requireSession(open: OpenSession | undefined): OpenSession {
  if (open === undefined) throw new ProviderError("the provider cannot be reached");
  return open;
}
