/** The one error class of the contract, and its translation to and from grpc-js. */
import { Metadata, type ServiceError, status } from "@grpc/grpc-js";
import { cutText } from "./cut-text.js";
import { cutDetails, decodeStatus, type ErrorDetails, encodeStatus, type FieldViolation } from "./details.js";

/** gRPC status codes by name. */
export const Code: typeof status = status;
/** A gRPC status code. */
export type Code = status;

const BRAND = Symbol.for("outboard.dev/StatusError");
const DETAILS_KEY = "grpc-status-details-bin";

/** What a StatusError may carry beyond its code and message. */
export interface StatusErrorOptions {
  /** Reason from the closed list (errors.proto). Absent: the peer said none, so the outcome is unknown. */
  readonly reason?: string;
  /** ErrorInfo.metadata. */
  readonly metadata?: ReadonlyMap<string, string>;
  /** RetryInfo, milliseconds. */
  readonly retryAfterMs?: number;
  /** BadRequest. */
  readonly violations?: readonly FieldViolation[];
  readonly cause?: unknown;
}

/** An RPC that did not end with OK. */
export class StatusError extends Error {
  override readonly name = "StatusError";
  readonly code: Code;
  readonly reason: string | undefined;
  readonly metadata: ReadonlyMap<string, string>;
  readonly retryAfterMs: number | undefined;
  readonly violations: readonly FieldViolation[];

  constructor(code: Code, message: string, options: StatusErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    Object.defineProperty(this, BRAND, { value: true });
    this.code = code;
    this.reason = options.reason;
    this.metadata = options.metadata ?? new Map();
    this.retryAfterMs = options.retryAfterMs;
    this.violations = options.violations ?? [];
  }
}

/** True for a StatusError of any copy of this package. */
export function isStatusError(error: unknown): error is StatusError {
  return typeof error === "object" && error !== null && BRAND in error;
}

/** Converts what grpc-js rejects with. */
export function fromServiceError(error: unknown): StatusError {
  if (isStatusError(error)) return error;
  const { code, details, metadata } = error as Partial<ServiceError>;
  if (typeof code !== "number") {
    return new StatusError(Code.UNKNOWN, error instanceof Error ? error.message : String(error), { cause: error });
  }
  const bytes = metadata?.get(DETAILS_KEY)[0];
  const decoded = bytes instanceof Uint8Array ? decodeStatus(bytes) : undefined;
  return new StatusError(code, details ?? "", { ...decoded, cause: error });
}

/** Longest message that travels, bytes: it stands in the trailer twice, once percent-encoded. */
const MAX_MESSAGE_BYTES = 1024;

/** Converts what a handler threw. Anything but a StatusError becomes a fixed text: internals never reach the peer. */
export function toServiceError(error: unknown): Pick<ServiceError, "code" | "details" | "metadata"> {
  const metadata = new Metadata();
  if (!isStatusError(error)) return { code: Code.INTERNAL, details: "internal error", metadata };
  const message = cutText(error.message, MAX_MESSAGE_BYTES);
  if (error.reason !== undefined) {
    metadata.set(DETAILS_KEY, Buffer.from(encodeStatus(error.code, message, detailsOf(error, error.reason))));
  }
  return { code: error.code, details: message, metadata };
}

function detailsOf({ metadata, violations, retryAfterMs }: StatusError, reason: string): ErrorDetails {
  return cutDetails({ reason, metadata, violations, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) });
}
