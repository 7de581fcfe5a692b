/** Streams in checks: everything that arrives is kept, and waits look at what is there. */
import { isStatusError, type WatchPodsResponse } from "@outboard/contract";
import type { FailureCode } from "./failure.js";
import type { LimitName } from "./limits.js";
import { codeText } from "./status-text.js";
import type { Trial } from "./trial.js";

/** How a stream ended: "OK" or a status, with the error. */
export interface StreamEnd {
  readonly status: string;
  readonly error: unknown;
}

/** An open stream; a reader that runs until the end keeps all messages. */
export class Reading<T> {
  readonly messages: T[] = [];
  end: StreamEnd | undefined;
  readonly #t: Trial;
  readonly #stop = new AbortController();
  readonly #over: Promise<void>;
  #gate: Promise<void> | undefined;
  #openGate: () => void = () => {};

  constructor(t: Trial, open: (signal: AbortSignal) => AsyncIterable<T>) {
    this.#t = t;
    this.#over = this.#read(open(AbortSignal.any([t.signal, this.#stop.signal])));
  }

  /** Stops reading, so that the sender feels it. */
  hold(): void {
    const gate = Promise.withResolvers<void>();
    this.#gate = gate.promise;
    this.#openGate = gate.resolve;
  }

  /** Reads on. */
  letGo(): void {
    this.#gate = undefined;
    this.#openGate();
  }

  /** Waits until a message passes the test; gives it. */
  async find(limit: LimitName, what: string, test: (message: T) => boolean): Promise<T> {
    return await this.#t.eventually(limit, what, async () => {
      const found = this.messages.find(test);
      if (found === undefined && this.end !== undefined)
        this.#t.fail("missing", `${what}: the stream ended with ${this.end.status}`);
      return found;
    });
  }

  /** Waits for the end. */
  async ended(limit: LimitName, what: string): Promise<StreamEnd> {
    await this.#t.within(limit, what, this.#over);
    if (this.end === undefined) this.#t.fail("missing", `${what}: no status`);
    return this.end;
  }

  /** Ends the call from this side. */
  async close(): Promise<void> {
    this.letGo();
    this.#stop.abort();
    await this.#over;
  }

  /** Nothing that passes the test may have come, nor come for a while. */
  async quiet(code: FailureCode, what: string, test: (message: T) => boolean): Promise<void> {
    await this.#t.pause(this.#t.world.limits.quietMs);
    const found = this.messages.some(test);
    this.#t.verify(!found, code, what);
  }

  async #read(source: AsyncIterable<T>): Promise<void> {
    try {
      for await (const message of source) {
        this.messages.push(message);
        await this.#gate;
      }
      this.end = { status: "OK", error: undefined };
    } catch (error) {
      this.end = { status: isStatusError(error) ? codeText(error) : "CANCELLED", error };
    }
  }
}

/** Requests that a check sends as it likes. */
export class Sending<T> implements AsyncIterable<T> {
  readonly #queue: T[] = [];
  #isClosed = false;
  #wake = Promise.withResolvers<void>();

  send(message: T): this {
    this.#queue.push(message);
    this.#wake.resolve();
    return this;
  }

  /** Ends the requests. */
  close(): void {
    this.#isClosed = true;
    this.#wake.resolve();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    for (;;) {
      const next = this.#queue.shift();
      if (next !== undefined) yield next;
      else if (this.#isClosed) return;
      else {
        await this.#wake.promise;
        this.#wake = Promise.withResolvers<void>();
      }
    }
  }
}

/** Opens WatchPods. */
export function watch(t: Trial, snapshotOnly = false, calls: Trial["calls"] = t.calls): Reading<WatchPodsResponse> {
  return new Reading(t, (signal) => calls.pods.watchPods({ snapshotOnly }, t.streamOptions(signal)));
}
