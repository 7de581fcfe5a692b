/** Kubernetes' Status object, as answers outside 2xx and ERROR lines of a watch carry it. */
export interface ErrorObject {
  readonly code?: number;
  readonly reason?: string;
  readonly message?: string;
  readonly details?: { readonly retryAfterSeconds?: number };
}

/** undefined: the body is not a Status (a proxy's page, plain text). */
export function parseStatusObject(body: Buffer): ErrorObject | undefined {
  try {
    const value: unknown = JSON.parse(body.toString("utf8"));
    return isStatusObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

export function isStatusObject(value: unknown): value is ErrorObject {
  return typeof value === "object" && value !== null && (value as { kind?: unknown }).kind === "Status";
}
