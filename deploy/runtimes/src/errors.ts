// The one error class of this package; `reason` says who must act.

export type RuntimesReason = "unsupported" | "no-packages" | "not-enclosed" | "not-ready" | "bad-usage";

export class RuntimesError extends Error {
  readonly reason: RuntimesReason;

  constructor(reason: RuntimesReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "RuntimesError";
    this.reason = reason;
  }
}
