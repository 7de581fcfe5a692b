/**
 * One request and its whole answer, straight over undici's dispatch: half the cost of its comfortable calls, which matters at
 * thousands of status writes a second.
 */
import type { Dispatcher } from "undici";

export interface ExchangeRequest {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** With query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface Answer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly body: Buffer;
}

/** Rejects with the signal's reason when it aborts, otherwise with undici's error. */
export function exchange(dispatcher: Dispatcher, request: ExchangeRequest, signal: AbortSignal): Promise<Answer> {
  signal.throwIfAborted();
  return new Promise<Answer>((resolve, reject) => {
    dispatcher.dispatch(
      {
        method: request.method,
        path: request.path,
        headers: request.headers,
        body: request.body ?? null,
        // Otherwise undici closes the connection after each DELETE with a body.
        reset: false,
      },
      collect(signal, resolve, reject),
    );
  });
}

function collect(
  signal: AbortSignal,
  resolve: (answer: Answer) => void,
  reject: (error: unknown) => void,
): Dispatcher.DispatchHandler {
  const chunks: Buffer[] = [];
  let started: Dispatcher.DispatchController | undefined;
  let status = 0;
  let retryAfter: string | undefined;
  const abort = (): void => {
    started?.abort(signal.reason as Error);
    reject(signal.reason);
  };
  const finish = (): void => signal.removeEventListener("abort", abort);
  signal.addEventListener("abort", abort, { once: true });
  return {
    onRequestStart(controller): void {
      started = controller;
      if (signal.aborted) {
        controller.abort(signal.reason as Error);
      }
    },
    onResponseStart(_controller, statusCode, headers): void {
      status = statusCode;
      const value = headers["retry-after"];
      retryAfter = typeof value === "string" ? value : undefined;
    },
    onResponseData(_controller, chunk): void {
      chunks.push(chunk);
    },
    onResponseEnd(): void {
      finish();
      resolve({ status, retryAfter, body: joined(chunks) });
    },
    onResponseError(_controller, error): void {
      finish();
      reject(signal.aborted ? signal.reason : error);
    },
  };
}

function joined(chunks: readonly Buffer[]): Buffer {
  const [only] = chunks;
  return chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks);
}
