/** gRPC errors in, ProviderErrors out. */
import { Code, isStatusError } from "@outboard/contract";
import { ProviderError } from "../ports/provider.js";

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
  if (error.code === Code.UNIMPLEMENTED) {
    return new ProviderError(`${call} is not implemented by the provider`, { reason: "CAPABILITY", cause: error });
  }
  return new ProviderError(`${call}: outcome unknown (${Code[error.code]})`, { cause: error });
}
