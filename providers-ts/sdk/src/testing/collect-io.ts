/** Streams of a session that collect what comes. */
import type { SessionIO } from "../engine/runtime.js";

/** A session's streams, and what came over them so far. */
export interface CollectedIO extends SessionIO {
  text(): { readonly out: string; readonly err: string };
}

/** Streams without a terminal. @param input default: no standard input */
export function collectIO(input?: AsyncIterable<Uint8Array>): CollectedIO {
  const out: Uint8Array[] = [];
  const err: Uint8Array[] = [];
  return {
    ...(input === undefined ? {} : { stdin: input }),
    stdout: (bytes) => Promise.resolve(void out.push(Buffer.from(bytes))),
    stderr: (bytes) => Promise.resolve(void err.push(Buffer.from(bytes))),
    text: () => ({ out: Buffer.concat(out).toString(), err: Buffer.concat(err).toString() }),
  };
}
