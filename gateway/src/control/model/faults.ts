/** Trouble between gateway and provider: no session, refusals, lost answers, calls that hang. */
import type { Clock } from "../../ports/clock.js";
import { ProviderError } from "../../ports/provider.js";

/** A call under way. */
export interface Call {
  readonly name: string;
  readonly uid: string;
  /** The provider knows the UID: it has answers that need no backend. */
  readonly known: boolean;
}

/** What every call is answered with; "unknown": no word of the provider's own. */
export type RefusalKind =
  | "none"
  | "unknown"
  | "BACKEND_UNAVAILABLE"
  | "OUT_OF_CAPACITY"
  | "QUOTA"
  | "BACKEND_CREDENTIALS";

/** Calls end so long after they were sent, as with the contract's deadlines. */
const DEADLINE_MS = 30_000;
const DURABLE: ReadonlySet<string> = new Set(["create", "stop", "update"]);

interface Held {
  readonly run: () => Promise<void>;
  readonly drop: (error: ProviderError) => void;
}

/** The switches. */
export class Faults {
  connected = false;
  refusal: RefusalKind = "none";
  loseAnswers = false;
  /** Where calls hang: before their work is done, or after it. */
  hang: "none" | "before" | "after" = "none";
  /** Pods that use something the provider does not have. */
  readonly unsupported: Set<string> = new Set();
  readonly #clock: Clock;
  /** Told of a refusal for want of room. */
  readonly #noRoom: (uid: string) => void;
  /** Number of the session: no answer comes back after its end. */
  #session = 0;
  #held: Held[] = [];
  #waiting = new Set<(error: ProviderError) => void>();

  constructor(clock: Clock, noRoom: (uid: string) => void) {
    this.#clock = clock;
    this.#noRoom = noRoom;
  }

  /** Calls are answered, and none hangs. */
  get isClear(): boolean {
    const isAnswering = this.connected && this.refusal === "none" && !this.loseAnswers;
    return isAnswering && this.hang === "none" && this.#held.length === 0;
  }

  /** Carries a call to the provider and its answer back. */
  async carry<Result>(call: Call, work: () => Promise<Result>): Promise<Result> {
    if (!this.connected) throw new ProviderError("no session: nothing was sent");
    this.#judge(call);
    const { hang } = this;
    const session = this.#session;
    const inSession = async (): Promise<Result> => {
      const result = await work();
      if (this.#session !== session) throw new ProviderError("outcome unknown, the session ended");
      return result;
    };
    const result = hang === "none" ? await inSession() : await this.#hold(hang, inSession);
    if (this.loseAnswers) throw new ProviderError("outcome unknown");
    return result;
  }

  /** Everything that hung goes on: its work is done even if nobody waits for it any more. */
  async release(): Promise<void> {
    this.hang = "none";
    const held = this.#held;
    this.#held = [];
    for (const { run } of held) await run();
  }

  /** The session is over; work that was sent may still be done. */
  disconnect(): void {
    this.connected = false;
    this.#session++;
    for (const drop of this.#waiting) drop(new ProviderError("outcome unknown, the session ended"));
  }

  /** The provider's process ends, and calls in flight with it. */
  crash(): void {
    const held = this.#held;
    this.#held = [];
    for (const { drop } of held) drop(new ProviderError("outcome unknown, the provider is gone"));
    this.disconnect();
  }

  #judge({ name, uid, known }: Call): void {
    const { refusal } = this;
    if (refusal === "none") return;
    if (refusal === "unknown") throw new ProviderError("outcome unknown");
    const error = new ProviderError("refused", { reason: refusal });
    if (refusal === "BACKEND_UNAVAILABLE" || refusal === "BACKEND_CREDENTIALS") {
      if (DURABLE.has(name)) throw error;
    } else if (name === "create" && !known) {
      this.#noRoom(uid);
      throw error;
    }
  }

  async #hold<Result>(where: "before" | "after", work: () => Promise<Result>): Promise<Result> {
    const done = where === "after" ? [await work()] : [];
    const { promise, resolve, reject } = Promise.withResolvers<Result>();
    const over = new AbortController();
    const held: Held = {
      run: async () => {
        try {
          resolve(done.length > 0 ? (done[0] as Result) : await work());
        } catch (error) {
          reject(error);
        }
      },
      drop: reject,
    };
    this.#held.push(held);
    this.#waiting.add(reject);
    const late = this.#clock.sleep(DEADLINE_MS, over.signal).then(
      () => reject(new ProviderError("outcome unknown, no answer in time")),
      () => {},
    );
    try {
      return await promise;
    } finally {
      this.#waiting.delete(reject);
      over.abort(new Error("over"));
      await late;
    }
  }
}
