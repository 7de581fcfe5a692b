/** Sends a log as a chunked answer: headers at once, back-pressure kept, a broken log never looks complete. */
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import type { LogChunk } from "../../ports/provider.js";
import type { LogRenderer } from "./renderer.js";

/**
 * Sends everything. The headers go out before the first chunk, so that followers of a silent container connect. When the log
 * breaks, the reason is appended as the kubelet does, and then the connection is cut: the client sees an error.
 */
export async function sendLog(
  response: ServerResponse,
  chunks: AsyncIterable<LogChunk>,
  renderer: LogRenderer,
  signal: AbortSignal,
): Promise<void> {
  response.writeHead(200, { "Transfer-Encoding": "chunked" });
  response.flushHeaders();
  try {
    for await (const chunk of untilAborted(chunks, signal)) {
      const bytes = renderer.render(chunk);
      if (bytes.length > 0 && !response.write(bytes)) await drained(response, signal);
      if (renderer.isFull()) break;
    }
    response.end();
  } catch (error) {
    await breakOff(response, signal.aborted ? "" : `\n${error instanceof Error ? error.message : "log broken"}\n`);
  }
}

/** Like the iterable, but an abort ends the wait for the next item even if the source does not listen. */
export async function* untilAborted<Item>(source: AsyncIterable<Item>, signal: AbortSignal): AsyncGenerator<Item> {
  const iterator = source[Symbol.asyncIterator]();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(signal.reason);
  aborted.catch(() => {});
  signal.addEventListener("abort", onAbort, { once: true });
  let ended = false;
  try {
    signal.throwIfAborted();
    for (;;) {
      const step = await Promise.race([iterator.next(), aborted]);
      ended = step.done === true;
      if (step.done === true) return;
      yield step.value;
    }
  } finally {
    signal.removeEventListener("abort", onAbort);
    if (!ended) iterator.return?.().catch(() => {});
  }
}

async function drained(response: ServerResponse, signal: AbortSignal): Promise<void> {
  await once(response, "drain", { signal });
}

async function breakOff(response: ServerResponse, lastWords: string): Promise<void> {
  if (lastWords !== "" && response.writable) {
    await new Promise<void>((resolve) => {
      response.once("close", resolve);
      response.write(lastWords, () => resolve());
    });
  }
  response.destroy();
}
