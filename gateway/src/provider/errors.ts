/** Errors of calls in, ours out: for the core a ProviderError, for the node words that say what is wrong with the provider. */
import { Code, isStatusError } from "@outboard/contract";
import { ProviderError } from "../ports/provider.js";

/** A call that every provider must offer, and this one does not. */
export class MissingRpcError extends Error {
  override readonly name = "MissingRpcError";
  /** As the contract writes it: "NodeService.GetNode". */
  readonly rpc: string;

  constructor(rpc: string) {
    super(`the provider does not implement ${rpc}, which the contract requires of every provider`);
    this.rpc = rpc;
  }
}

/**
 * Converts what a call rejected with. Texts of an error without our ErrorInfo are not shown: library texts may carry secrets.
 * A bare UNIMPLEMENTED means the same as CAPABILITY.
 */
export function toProviderError(error: unknown, call: string): ProviderError {
  if (error instanceof ProviderError) return error;
  if (!isStatusError(error)) return new ProviderError(`${call}: outcome unknown`, { cause: error });
  if (error.reason !== undefined) {
    return new ProviderError(error.message, {
      reason: error.reason,
      retryAfterMs: error.retryAfterMs,
      paths: error.violations.map((violation) => violation.field),
      cause: error,
    });
  }
  if (isUnimplemented(error)) {
    return new ProviderError(`${call} is not implemented by the provider`, { reason: "CAPABILITY", cause: error });
  }
  return new ProviderError(`${call}: outcome unknown (${Code[error.code]})`, { cause: error });
}

/** Converts what a required call rejected with: not having it is an error of its own. */
export function toRequiredError(error: unknown, rpc: string): unknown {
  return isUnimplemented(error) ? new MissingRpcError(rpc) : error;
}

/** True when the provider does not have the call, in its own words or in those of its gRPC library. */
export function isUnimplemented(error: unknown): boolean {
  if (!isStatusError(error)) return false;
  return error.reason === "CAPABILITY" || (error.reason === undefined && error.code === Code.UNIMPLEMENTED);
}

/** True when the session is over: another handshake is needed. */
export function isSessionError(error: unknown): boolean {
  return isStatusError(error) && (error.reason === "SESSION" || error.reason === "SESSION_SUPERSEDED");
}

/** What is wrong with the provider, as a condition of the node and a line of the log say it. */
export interface Trouble {
  /** One word in CamelCase. */
  readonly reason: string;
  readonly message: string;
}

const UNREACHABLE = "ProviderUnreachable";
const TROUBLE_REASONS: Readonly<Record<string, string>> = {
  NOT_READY: "ProviderStarting",
  BACKEND_UNAVAILABLE: "BackendUnavailable",
  BACKEND_CREDENTIALS: "BackendCredentials",
  SESSION: "ProviderSessionLost",
  SESSION_SUPERSEDED: "ProviderSessionLost",
};

/** Words for what ended a session, or kept one from opening. */
export function toTrouble(error: unknown, address: string): Trouble {
  if (error instanceof MissingRpcError) return { reason: "ProviderMissingCapability", message: error.message };
  if (error instanceof ProviderError) return { reason: UNREACHABLE, message: `${address}: ${error.message}` };
  if (!isStatusError(error)) return { reason: UNREACHABLE, message: `${address}: the connection broke` };
  if (error.reason === undefined)
    return { reason: UNREACHABLE, message: `${address}: the provider does not answer (${Code[error.code]})` };
  return { reason: TROUBLE_REASONS[error.reason] ?? UNREACHABLE, message: `${address}: ${error.message}` };
}
