/** Statuses as "CODE/REASON", the way clauses and reports write them. */
import { Code, type StatusError } from "@outboard/contract";

/** "ALREADY_EXISTS/SPEC_CONFLICT", or "INTERNAL" without ErrorInfo. */
export function codeText({ code, reason }: Pick<StatusError, "code" | "reason">): string {
  const name = Code[code] ?? String(code);
  return reason === undefined ? name : `${name}/${reason}`;
}
