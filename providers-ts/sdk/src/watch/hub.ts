/** Tells every open watch what changed. */
import type { PodEvent, PodObservation } from "@outboard/contract";
import { Pending, type WatchMessage } from "./pending.js";

/** One watch's end of the hub. */
export class Subscription implements Disposable {
  readonly #pending = new Pending();
  readonly #close: (subscription: Subscription) => void;
  #woken = Promise.withResolvers<void>();

  constructor(close: (subscription: Subscription) => void) {
    this.#close = close;
  }

  /** Adds to what is pending and wakes the reader. */
  tell(change: (pending: Pending) => void): void {
    change(this.#pending);
    this.wake();
  }

  /** Wakes the reader, or lets it pass its next wait. */
  wake(): void {
    this.#woken.resolve();
  }

  take(): WatchMessage | undefined {
    return this.#pending.take();
  }

  /** Resolves at the next wake-up, or at once if one came since the last wait. */
  async wait(): Promise<void> {
    await this.#woken.promise;
    this.#woken = Promise.withResolvers<void>();
  }

  [Symbol.dispose](): void {
    this.#close(this);
  }
}

/** All open watches. */
export class WatchHub {
  readonly #subscriptions = new Set<Subscription>();

  subscribe(): Subscription {
    const subscription = new Subscription((closed) => this.#subscriptions.delete(closed));
    this.#subscriptions.add(subscription);
    return subscription;
  }

  observation(observation: PodObservation): void {
    for (const subscription of this.#subscriptions) subscription.tell((pending) => pending.observation(observation));
  }

  event(event: PodEvent): void {
    for (const subscription of this.#subscriptions) subscription.tell((pending) => pending.event(event));
  }

  forgotten(uid: string): void {
    for (const subscription of this.#subscriptions) subscription.tell((pending) => pending.forgotten(uid));
  }
}
