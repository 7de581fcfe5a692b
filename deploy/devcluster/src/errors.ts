// The one error class of devcluster; `reason` says who must act.

export type DevclusterReason =
  | "bad-version"
  | "no-binaries"
  | "build-failed"
  | "not-ready"
  | "component-died"
  | "kubectl-failed"
  | "bad-usage";

export class DevclusterError extends Error {
  readonly reason: DevclusterReason;

  constructor(reason: DevclusterReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "DevclusterError";
    this.reason = reason;
  }
}

/** True when no cluster can exist here because the programs are not there: tests skip on it, unless CI is set. */
export function isMissingBinaries(error: unknown): error is DevclusterError {
  return error instanceof DevclusterError && error.reason === "no-binaries";
}
