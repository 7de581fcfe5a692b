/** Requests whose bytes are no message: the handler never sees them, the peer gets a status of the contract. */
import type { MessageCodec } from "./definition.js";
import { Code, StatusError } from "./status.js";

class Undecodable {
  readonly cause: unknown;

  constructor(cause: unknown) {
    this.cause = cause;
  }
}

/** Decodes a request; never throws. */
export function decodeRequest(codec: MessageCodec<unknown>, bytes: Uint8Array): unknown {
  try {
    return codec.decode(bytes);
  } catch (cause) {
    return new Undecodable(cause);
  }
}

/** The request itself. @throws StatusError INVALID_ARGUMENT / BAD_REQUEST when its bytes were no message. */
export function decoded(request: unknown): unknown {
  if (!(request instanceof Undecodable)) return request;
  const options = { reason: "BAD_REQUEST", cause: request.cause };
  throw new StatusError(Code.INVALID_ARGUMENT, "the request is not a message of this method", options);
}
