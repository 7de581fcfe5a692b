/**
 * Events on their way to the API server: correlated at once, sent by a few lanes in the background (one object, one lane, so its
 * events keep their order), retried a while, and dropped when a lane is full. Nobody waits for an event.
 */
import type { Clock } from "../ports/clock.js";
import type { EventDraft, EventSink } from "../ports/events.js";
import { backoffMs } from "./backoff.js";
import { EventCorrelator, type EventWrite } from "./event-correlator.js";
import { type EventObject, toEventObject } from "./event-object.js";
import { hasStatus } from "./errors.js";
import { type KubeHttp, STRATEGIC_MERGE } from "./http.js";
import { Priority } from "./limiter.js";
import { type KubeLog, silentLog } from "./log.js";
import { namespacedPath } from "./paths.js";

export interface ApiEventSinkOptions {
  readonly http: KubeHttp;
  readonly clock: Clock;
  readonly nodeName: string;
  /** Ends sending; what is queued then is lost. */
  readonly ended: AbortSignal;
  readonly log?: KubeLog;
  /** From 0 to 1. Default Math.random. */
  readonly random?: () => number;
  /** Waiting events of one lane; default 2,500: three of each of 3,000 pods that start at once find room. */
  readonly laneLimit?: number;
}

const LANES = 4;
const LANE_LIMIT = 2_500;
const TRIES = 12;
const BACKOFF = { firstMs: 1_000, longestMs: 10_000 } as const;

interface Lane {
  readonly waiting: EventWrite[];
  running: Promise<void> | undefined;
}

export class ApiEventSink implements EventSink {
  readonly #options: ApiEventSinkOptions;
  readonly #log: KubeLog;
  readonly #correlator = new EventCorrelator();
  readonly #lanes: readonly Lane[] = Array.from({ length: LANES }, () => ({ waiting: [], running: undefined }));
  #lastNanos = 0n;
  #dropped = 0;

  constructor(options: ApiEventSinkOptions) {
    this.#options = options;
    this.#log = options.log ?? silentLog;
  }

  /** Events that were not sent: lanes full, refused, or out of tries. Those over an object's limit do not count. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Nothing waits to be sent. */
  get idle(): boolean {
    return this.#lanes.every(({ running }) => running === undefined);
  }

  record(draft: EventDraft): void {
    const now = this.#options.clock.now();
    const event = toEventObject(draft, this.#options.nodeName, new Date(now), this.#nanos(now));
    const write = this.#correlator.correlate(event, now, this.#nanos(now));
    const lane = this.#laneOf(event);
    if (write === undefined || lane === undefined || this.#options.ended.aborted) {
      return;
    }
    if (lane.waiting.length >= (this.#options.laneLimit ?? LANE_LIMIT)) {
      this.#drop(event, "the queue is full");
      return;
    }
    lane.waiting.push(write);
    lane.running ??= this.#drain(lane);
  }

  /** Resolves when everything recorded so far is sent, or after so many milliseconds. */
  async flush(timeoutMs: number): Promise<void> {
    const done = new AbortController();
    const all = Promise.all(this.#lanes.map(async (lane) => lane.running)).then(() => undefined);
    const timeout = this.#options.clock.sleep(timeoutMs, done.signal).catch(() => undefined);
    await Promise.race([all, timeout]);
    done.abort();
  }

  async #drain(lane: Lane): Promise<void> {
    for (let write = lane.waiting.shift(); write !== undefined; write = lane.waiting.shift()) {
      if (this.#options.ended.aborted) {
        break;
      }
      await this.#deliver(write);
    }
    lane.running = undefined;
  }

  /** Never rejects. */
  async #deliver(write: EventWrite): Promise<void> {
    const { clock, ended, random = Math.random } = this.#options;
    for (let tries = 1; ; tries += 1) {
      try {
        await this.#send(write);
        return;
      } catch (error) {
        if (!isPassing(error) || tries >= TRIES || ended.aborted) {
          this.#drop(write.event, error instanceof Error ? error.message : "unknown failure");
          return;
        }
      }
      await clock.sleep(backoffMs(BACKOFF, tries, random()), ended).catch(() => undefined);
    }
  }

  async #send(write: EventWrite): Promise<void> {
    const { event } = write;
    if (write.kind === "create" || !(await this.#patch(event))) {
      await this.#create(event);
    }
  }

  /** false: the event does not exist any more. */
  async #patch(event: EventObject): Promise<boolean> {
    const { count, lastTimestamp, message, metadata } = event;
    const request = {
      method: "PATCH",
      path: namespacedPath(metadata.namespace, "events", metadata.name),
      contentType: STRATEGIC_MERGE,
      body: { count, lastTimestamp, message },
      priority: Priority.events,
    } as const;
    try {
      await this.#options.http.write(request, this.#options.ended);
      return true;
    } catch (error) {
      if (!hasStatus(error, 404)) throw error;
      return false;
    }
  }

  async #create(event: EventObject): Promise<void> {
    const path = namespacedPath(event.metadata.namespace, "events");
    const request = { method: "POST", path, body: event, priority: Priority.events } as const;
    try {
      await this.#options.http.write(request, this.#options.ended);
    } catch (error) {
      if (!hasStatus(error, 409)) throw error; // 409: told already, by the process before this one or by a try without answer
    }
  }

  #drop(event: EventObject, why: string): void {
    this.#dropped += 1;
    const { namespace, name } = event.involvedObject;
    this.#log.debug({ namespace, name, reason: event.reason, why }, "event dropped");
  }

  #laneOf(event: EventObject): Lane | undefined {
    let sum = 0;
    for (const character of event.involvedObject.uid) {
      sum += character.charCodeAt(0);
    }
    return this.#lanes[sum % LANES];
  }

  #nanos(now: number): bigint {
    const wanted = BigInt(now) * 1_000_000n;
    this.#lastNanos = wanted > this.#lastNanos ? wanted : this.#lastNanos + 1n;
    return this.#lastNanos;
  }
}

/** Worth another try: no answer, too busy, or broken for the moment. Everything else is a refusal. */
function isPassing(error: unknown): boolean {
  return hasStatus(error, 0, 429, 500, 502, 503, 504);
}
