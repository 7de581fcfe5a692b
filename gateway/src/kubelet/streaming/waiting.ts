/** Waiting for a stream, or for a signal, without listeners left behind. */
import type { Writable } from "node:stream";

/** Resolves when the signal aborts. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

/** Writes, and waits until more may be written. Nothing happens on a stream that is closed. Resolves on abort too. */
export async function writeAll(stream: Writable | undefined, data: Uint8Array, signal: AbortSignal): Promise<void> {
  if (stream === undefined || !stream.writable || data.length === 0) return;
  if (!stream.write(data)) await settled(stream, ["drain", "close"], signal);
}

/** Ends a stream and waits until all is written. Resolves on abort too. */
export async function endAll(stream: Writable | undefined, signal: AbortSignal): Promise<void> {
  if (stream === undefined || stream.destroyed || stream.writableFinished) return;
  stream.end();
  await settled(stream, ["finish", "close"], signal);
}

/** Resolves at the first of these events of a stream, or on abort. */
export function settled(stream: Writable, events: readonly string[], signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      for (const event of events) stream.off(event, done);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    for (const event of events) stream.once(event, done);
    signal?.addEventListener("abort", done, { once: true });
    if (signal?.aborted === true) done();
  });
}
