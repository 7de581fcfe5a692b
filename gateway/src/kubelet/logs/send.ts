/** Sends a log as a chunked answer: headers at once, back-pressure kept, a broken log never looks complete. */
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { setTimeout } from "node:timers/promises";
import { type LogChunk, ProviderError } from "../../ports/provider.js";
import { untilAborted } from "./abortable.js";
import { LineBatch } from "./line-batch.js";
import type { LogRenderer } from "./renderer.js";

/**
 * The end goes out after the last lines, apart from them: an API server that serves a log over WebSocket drops lines that
 * it reads together with the end (k8s.io/streaming wsstream, messageCopy).
 */
const END_APART_MS = 10;

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
  const batch = new LineBatch(response);
  try {
    for await (const chunk of untilAborted(chunks, signal)) {
      if (!batch.add(renderer.render(chunk))) await drained(response, signal);
      if (renderer.isFull()) break;
    }
    batch.flush();
    await setTimeout(END_APART_MS);
    response.end();
  } catch (error) {
    batch.flush();
    await breakOff(response, signal.aborted ? "" : lastWords(error));
  }
}

async function drained(response: ServerResponse, signal: AbortSignal): Promise<void> {
  if (!response.writableNeedDrain) return;
  await once(response, "drain", { signal });
}

/** Only our own words and the provider's: texts of libraries may carry anything. */
function lastWords(error: unknown): string {
  return `\n${error instanceof ProviderError ? error.message : "the log broke off"}\n`;
}

async function breakOff(response: ServerResponse, text: string): Promise<void> {
  if (text !== "" && response.writable) {
    await new Promise<void>((resolve) => {
      response.once("close", resolve);
      response.write(text, () => resolve());
    });
  }
  response.destroy();
}
