/** Starts the provider once its owner is known, again with back-off when it fails, and knows how far it is. */
import type { Logger } from "pino";
import { type Clock, sleep } from "../clock/clock.js";
import { describeError } from "../errors.js";
import type { PodTable } from "../pods/pod-table.js";
import type { Owner, PodProvider, ProviderHost } from "../provider.js";

const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 30_000;

/** Where the start is. */
export type StartState =
  | { readonly kind: "waiting-for-owner" }
  | { readonly kind: "starting" }
  | { readonly kind: "failed" }
  | { readonly kind: "started" };

/** What the starter needs. */
export interface StarterParts {
  readonly provider: PodProvider;
  readonly pods: PodTable;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The start of one provider. */
export class Starter {
  readonly #parts: StarterParts;
  readonly #stopped = new AbortController();
  #state: StartState = { kind: "waiting-for-owner" };
  /** What the provider last said of its inventory; counts once it has started. */
  #complete = true;
  #running: Promise<void> = Promise.resolve();

  constructor(parts: StarterParts) {
    this.#parts = parts;
  }

  get state(): StartState {
    return this.#state;
  }

  /** Begins; called once. */
  begin(owner: Owner): void {
    this.#state = { kind: "starting" };
    this.#running = this.#run(owner);
  }

  /** Gives up a start that is under way, then stops the provider. */
  async stop(): Promise<void> {
    this.#stopped.abort(new Error("the provider stops"));
    if (this.#state.kind === "waiting-for-owner") return;
    if (this.#state.kind !== "starting") await this.#running;
    await this.#parts.provider.stop();
  }

  async #run(owner: Owner): Promise<void> {
    const { provider, clock, log } = this.#parts;
    const host = this.#host();
    const signal = this.#stopped.signal;
    for (let delay = FIRST_RETRY_MS; !signal.aborted; delay = Math.min(delay * 2, LAST_RETRY_MS)) {
      try {
        await provider.start(host, owner);
        this.#started();
        return;
      } catch (error) {
        this.#state = { kind: "failed" };
        log.warn({ err: describeError(error), retryInMs: delay }, "provider start failed, will retry");
        await sleep(clock, delay, signal).catch(() => undefined);
      }
    }
  }

  #started(): void {
    this.#state = { kind: "started" };
    this.#parts.pods.setComplete(this.#complete);
    this.#parts.log.info("provider started");
  }

  #host(): ProviderHost {
    const { pods } = this.#parts;
    return {
      publish: (observation) => pods.publish(observation),
      event: (event) => pods.event(event),
      expire: (uid) => pods.expire(uid),
      setInventoryComplete: (complete) => {
        this.#complete = complete;
        if (this.#state.kind === "started") pods.setComplete(complete);
      },
    };
  }
}
