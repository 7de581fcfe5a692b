/** How a call to the engine fails: it answered with an error, or it could not be asked. */

/** The engine's own answer; the message is its text. */
export class EngineError extends Error {
  override readonly name = "EngineError";
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** No answer: the socket is not there or the connection broke. What was asked for may have been done. */
export class EngineAway extends Error {
  override readonly name = "EngineAway";

  /** False: there was no connection, so that the engine was not asked at all. */
  get isHeard(): boolean {
    const { code } = (this.cause ?? {}) as { readonly code?: unknown };
    return !UNHEARD.includes(code);
  }
}

const UNHEARD: readonly unknown[] = ["ECONNREFUSED", "ENOENT"];

/** Whether the engine does not know the object. */
export function isMissing(error: unknown): boolean {
  return error instanceof EngineError && error.status === 404;
}

/** Whether the object is already as asked for, or in the way. */
export function isConflict(error: unknown): boolean {
  return (
    error instanceof EngineError && (error.status === 409 || PODMAN_CONFLICTS.some((text) => text.test(error.message)))
  );
}

/** Podman says 500 and these words. */
const PODMAN_CONFLICTS: readonly RegExp[] = [/name is already in use/, /can only kill running containers/];

/** Undefined where the engine does not know the object; other failures go on. */
export async function orMissing<Value>(promise: Promise<Value>): Promise<Value | undefined> {
  try {
    return await promise;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
