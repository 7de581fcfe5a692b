/**
 * One budget for all requests of this gateway. Free while there are tokens; when they run out the more important class goes
 * first. A 429 stops its own class and everything less important for Retry-After, so a busy event path never holds a lease;
 * to an API server the statuses of all urgencies are one flow.
 */
import type { Clock } from "../ports/clock.js";

/** Most important first. seen: a status that tells of no progress. */
export const Priority = { lease: 0, terminal: 1, status: 2, inputs: 3, seen: 4, events: 5 } as const;
export type PriorityClass = (typeof Priority)[keyof typeof Priority];

const CLASSES = 6;
const LONGEST_HOLD_MS = 60_000;
const HELD_POLL_MS = 50;
/** After a hold those that waited do not come all at once: the first pause between two of them, each next one shorter. */
const FIRST_PAUSE_MS = 100;
const PAUSE_FACTOR = 0.7;
const LEAST_PAUSE_MS = 2;
const PACED_POLL_MS = 5;
/** So long after anything more important, events pass one by one: in a burst they would take the machine from the statuses. */
const GIVE_WAY_MS = 200;
/** Then as many a second as a kubelet tells at most, by its eventRecordQPS. */
const EVENT_PAUSE_MS = 20;

/** Requests per second, and how many may be sent at once after a pause. */
export interface Budget {
  /** Default 400. */
  readonly perSecond?: number | undefined;
  /** Default twice as many. */
  readonly burst?: number | undefined;
}

interface Waiter {
  readonly priority: PriorityClass;
  readonly go: () => void;
  readonly fail: (error: unknown) => void;
}

export class Limiter {
  readonly #clock: Clock;
  readonly #perSecond: number;
  readonly #burst: number;
  readonly #waiters: Waiter[][] = Array.from({ length: CLASSES }, () => []);
  readonly #heldUntil: number[] = Array.from({ length: CLASSES }, () => 0);
  readonly #pauseMs: number[] = Array.from({ length: CLASSES }, () => 0);
  readonly #ended = new AbortController();
  #tokens: number;
  #filledAt: number;
  #busyUntil = 0;
  #eventAt = 0;
  #pumping = false;

  constructor(clock: Clock, settings: Budget = {}) {
    this.#clock = clock;
    this.#perSecond = settings.perSecond ?? 400;
    this.#burst = settings.burst ?? this.#perSecond * 2;
    this.#tokens = this.#burst;
    this.#filledAt = clock.now();
  }

  /** Resolves when a request of this class may be sent. */
  async acquire(priority: PriorityClass, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (!this.tryAcquire(priority)) await this.#queue(priority, signal);
  }

  /** True: a request of this class may be sent now. */
  tryAcquire(priority: PriorityClass): boolean {
    return !this.#mustQueue(priority) && this.#take(priority);
  }

  /** The API server said 429 to a request of this class. */
  hold(priority: PriorityClass, retryAfterMs: number): void {
    const until = this.#clock.now() + Math.min(retryAfterMs, LONGEST_HOLD_MS);
    const first = priority === Priority.status || priority === Priority.seen ? Priority.terminal : priority;
    for (let index: number = first; index < CLASSES; index += 1) {
      this.#heldUntil[index] = Math.max(this.#heldUntil[index] ?? 0, until);
      this.#pauseMs[index] = FIRST_PAUSE_MS;
    }
  }

  /** Whoever waits is turned away. */
  [Symbol.dispose](): void {
    const error = new Error("the connection to the API server is closed");
    this.#ended.abort(error);
    for (const waiter of this.#waiters.flat()) {
      waiter.fail(error);
    }
  }

  /** Somebody as important or more waits already. */
  #mustQueue(priority: PriorityClass): boolean {
    return this.#waiters.some((waiters, index) => index <= priority && waiters.length > 0);
  }

  #take(priority: PriorityClass): boolean {
    const now = this.#clock.now();
    this.#tokens = Math.min(this.#burst, this.#tokens + ((now - this.#filledAt) * this.#perSecond) / 1000);
    this.#filledAt = now;
    if (this.#tokens < 1 || (this.#heldUntil[priority] ?? 0) > now || this.#mustGiveWay(priority, now)) {
      return false;
    }
    this.#tokens -= 1;
    this.#pause(priority, now);
    if (priority === Priority.events) this.#eventAt = now;
    else this.#busyUntil = now + GIVE_WAY_MS;
    return true;
  }

  #mustGiveWay(priority: PriorityClass, now: number): boolean {
    return priority === Priority.events && now < this.#busyUntil && now - this.#eventAt < EVENT_PAUSE_MS;
  }

  #pause(priority: PriorityClass, now: number): void {
    const pauseMs = this.#pauseMs[priority] ?? 0;
    if (pauseMs === 0) return;
    this.#heldUntil[priority] = now + pauseMs;
    this.#pauseMs[priority] = pauseMs < LEAST_PAUSE_MS ? 0 : pauseMs * PAUSE_FACTOR;
  }

  #queue(priority: PriorityClass, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = (): void => waiter.fail(signal.reason);
      const waiter: Waiter = {
        priority,
        go: () => {
          signal.removeEventListener("abort", leave);
          resolve();
        },
        fail: (error) => {
          signal.removeEventListener("abort", leave);
          remove(this.#waiters[priority] ?? [], waiter);
          reject(error);
        },
      };
      this.#waiters[priority]?.push(waiter);
      signal.addEventListener("abort", leave, { once: true });
      void this.#pump();
    });
  }

  async #pump(): Promise<void> {
    if (this.#pumping) {
      return;
    }
    this.#pumping = true;
    try {
      while (this.#waiters.some((waiters) => waiters.length > 0)) {
        await this.#clock.sleep(this.#waitMs(), this.#ended.signal);
        this.#release();
      }
    } catch {
      // Ended: everybody was turned away.
    } finally {
      this.#pumping = false;
    }
  }

  #waitMs(): number {
    if (this.#tokens < 1) return Math.max(1, ((1 - this.#tokens) * 1000) / this.#perSecond);
    const now = this.#clock.now();
    const isPaced = this.#heldUntil.some((until) => until > now && until - now < HELD_POLL_MS);
    if (isPaced) return PACED_POLL_MS;
    return this.#mustGiveWay(Priority.events, now) ? EVENT_PAUSE_MS : HELD_POLL_MS;
  }

  #release(): void {
    for (const waiters of this.#waiters) {
      let next = waiters[0];
      while (next !== undefined && this.#take(next.priority)) {
        waiters.shift();
        next.go();
        next = waiters[0];
      }
    }
  }
}

function remove<Item>(list: Item[], item: Item): void {
  const index = list.indexOf(item);
  if (index >= 0) {
    list.splice(index, 1);
  }
}
