/** Port-forward over SPDY: for each connection a pair of streams, `error` and `data`, told apart by their request id. */
import type { Clock } from "../../../ports/clock.js";
import type { ForwardClient } from "../forward.js";
import type { SpdyStream } from "./stream.js";

export const PORT_FORWARD_PROTOCOL = "portforward.k8s.io";

const PAIR_TIMEOUT_MS = 30_000;

/** Half a pair, or a whole one. */
interface Pair {
  data?: SpdyStream;
  error?: SpdyStream;
  readonly done: AbortController;
}

/** Puts pairs together. */
export class ForwardPairs {
  readonly #pairs = new Map<string, Pair>();
  readonly #clock: Clock;
  readonly #onPair: (client: ForwardClient) => void;

  constructor(clock: Clock, onPair: (client: ForwardClient) => void) {
    this.#clock = clock;
    this.#onPair = onPair;
  }

  /** Takes a stream that was opened. One that fits nowhere is reset. */
  take(stream: SpdyStream): void {
    const type = stream.headers["streamtype"];
    const port = readPort(stream.headers["port"]);
    if ((type !== "data" && type !== "error") || port === undefined) return stream.reset();
    const id = stream.headers["requestid"] ?? String(type === "error" ? stream.id : stream.id - 2);
    const pair = this.#pairs.get(id) ?? this.#begin(id);
    if (pair[type] !== undefined) return stream.reset();
    pair[type] = stream.accept();
    if (pair.data === undefined || pair.error === undefined) return;
    pair.done.abort();
    this.#pairs.delete(id);
    this.#onPair(new SpdyForward(port, pair.data, pair.error));
  }

  /** The connection is over: nothing is waited for any more. */
  end(): void {
    for (const { done } of this.#pairs.values()) done.abort();
    this.#pairs.clear();
  }

  #begin(id: string): Pair {
    const pair: Pair = { done: new AbortController() };
    this.#pairs.set(id, pair);
    void this.#expire(id, pair);
    return pair;
  }

  async #expire(id: string, pair: Pair): Promise<void> {
    await this.#clock.sleep(PAIR_TIMEOUT_MS, pair.done.signal).catch(() => {});
    if (pair.done.signal.aborted) return;
    this.#pairs.delete(id);
    pair.data?.reset();
    pair.error?.reset();
  }
}

/** A TCP port as text; undefined: none. */
export function readPort(text: string | undefined): number | undefined {
  const port = /^\d{1,5}$/.test(text ?? "") ? Number(text) : 0;
  return port >= 1 && port <= 65_535 ? port : undefined;
}

class SpdyForward implements ForwardClient {
  readonly port: number;
  readonly input: SpdyStream;
  readonly output: SpdyStream;
  readonly #error: SpdyStream;

  constructor(port: number, data: SpdyStream, error: SpdyStream) {
    this.port = port;
    this.input = data;
    this.output = data;
    this.#error = error;
    error.resume(); // nobody reads it, yet its end has to be seen
  }

  /** Both streams at once: older clients wait for both before they close the local connection. */
  endOutput(): void {
    this.output.end();
    this.#error.end();
  }

  refuse(message: string): void {
    if (this.#error.writable) this.#error.end(message);
    this.output.reset();
  }

  cut(): void {
    this.output.reset();
    this.#error.end();
  }
}
