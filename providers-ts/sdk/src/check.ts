/** Checks of requests: gathers every broken rule and refuses once, naming the fields and never their values. */
import { refuse } from "./errors.js";

/** One rule about one field; `problem` says what is wrong, undefined: nothing. */
export interface Check {
  readonly field: string;
  readonly problem: string | undefined;
}

/** @throws StatusError INVALID_ARGUMENT / BAD_REQUEST that lists every check with a problem. */
export function checkRequest(checks: readonly Check[]): void {
  const violations = checks.flatMap(({ field, problem }) =>
    problem === undefined ? [] : [{ field, description: problem }],
  );
  if (violations.length === 0) return;
  const text = violations.map(({ field, description }) => `${field} ${description}`).join("; ");
  throw refuse("BAD_REQUEST", `the request breaks the contract: ${text}`, { violations });
}

/** A text, message or time that must be set. */
export function required(field: string, value: unknown): Check {
  return { field, problem: value === undefined || value === "" ? "must be set" : undefined };
}

/** A number that must be 1 or more. */
export function positive(field: string, value: bigint): Check {
  return { field, problem: value < 1n ? "must be 1 or more" : undefined };
}

/** A SHA-256. */
export function digest(field: string, value: Uint8Array): Check {
  return { field, problem: value.length === 32 ? undefined : "must have 32 bytes" };
}
