/** Turns answers and broken connections into ApiError. Bodies never travel further than Kubernetes' own message. */
import type { ErrorObject } from "./status-object.js";
import { parseStatusObject } from "./status-object.js";
import { ApiError } from "../ports/pods.js";

const MESSAGE_LIMIT = 1024;

/** What was asked, for messages: method and path, no query, no body. */
export interface Asked {
  readonly method: string;
  readonly path: string;
}

/** An answer outside 2xx. */
export function fromAnswer(
  asked: Asked,
  answer: { readonly status: number; readonly retryAfter: string | undefined; readonly body: Buffer },
): ApiError {
  const status = parseStatusObject(answer.body);
  return new ApiError(answer.status, `${asked.method} ${asked.path}: ${describe(answer.status, status)}`, {
    reason: status?.reason ?? "",
    retryAfterMs: retryAfterMs(answer.retryAfter, status),
  });
}

/** No answer: connection refused, reset, timed out. The outcome is unknown. */
export function fromFailure(asked: Asked, cause: unknown): ApiError {
  const why = cause instanceof Error ? (codeOf(cause) ?? cause.message) : "unknown failure";
  return new ApiError(0, `${asked.method} ${asked.path}: no answer from the API server: ${why}`, { cause });
}

/** A Status inside a watch stream. */
export function fromStatusObject(asked: Asked, status: ErrorObject): ApiError {
  const code = status.code ?? 500;
  return new ApiError(code, `${asked.method} ${asked.path}: ${describe(code, status)}`, {
    reason: status.reason ?? "",
    retryAfterMs: retryAfterMs(undefined, status),
  });
}

/** Is this an ApiError with one of the HTTP statuses? */
export function hasStatus(error: unknown, ...statuses: readonly number[]): error is ApiError {
  return error instanceof ApiError && statuses.includes(error.status);
}

function describe(code: number, status: ErrorObject | undefined): string {
  const message = status?.message?.slice(0, MESSAGE_LIMIT);
  return message === undefined || message === "" ? `the API server answered ${code}` : `${code}: ${message}`;
}

function retryAfterMs(header: string | undefined, status: ErrorObject | undefined): number | undefined {
  const seconds = Number(header ?? status?.details?.retryAfterSeconds ?? Number.NaN);
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : undefined;
}

function codeOf(error: Error): string | undefined {
  const code = (error as { readonly code?: unknown }).code;
  return typeof code === "string" ? code : undefined;
}
