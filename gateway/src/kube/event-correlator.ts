/**
 * What client-go does to events before they are sent: the same event again raises a count; the tenth different message of one
 * reason within ten minutes, and every further one, become one combined event; an object may have 25 events at once and then one
 * in five minutes.
 */
import { hash } from "node:crypto";
import { type EventObject, eventName } from "./event-object.js";
import { Lru } from "./lru.js";

/** What to send. */
export type EventWrite =
  | { readonly kind: "create"; readonly event: EventObject }
  /** The event exists: `event` is its whole new state. */
  | { readonly kind: "patch"; readonly event: EventObject };

const LIMIT = 4_096;
const TEXTS = 64;
const SIMILAR_LIMIT = 10;
const SIMILAR_MS = 600_000;
const BURST = 25;
const REFILL_MS = 300_000;

interface Seen {
  readonly count: number;
  readonly name: string;
  readonly firstTimestamp: string;
}

interface Similar {
  /** Different messages, the first one apart: there is seldom another. */
  readonly message: string;
  readonly others: ReadonlySet<string> | undefined;
  readonly lastAt: number;
}

interface Bucket {
  readonly tokens: number;
  readonly filledAt: number;
}

export class EventCorrelator {
  readonly #seen = new Lru<Seen>(LIMIT);
  readonly #similar = new Lru<Similar>(LIMIT);
  readonly #buckets = new Lru<Bucket>(LIMIT);
  /** The same texts come with many pods: each is kept once. */
  readonly #texts = new Lru<string>(TEXTS);

  /** undefined: too many about this object, dropped. */
  correlate(event: EventObject, now: number, nanos: bigint): EventWrite | undefined {
    const { event: merged, key } = this.#aggregate(event, now, nanos);
    const write = this.#observe(merged, key);
    return this.#mayPass(event, now) ? write : undefined;
  }

  #aggregate(event: EventObject, now: number, nanos: bigint): { readonly event: EventObject; readonly key: string } {
    const group = groupKey(event);
    const messages = this.#noteMessage(group, event.message, now);
    if (messages < SIMILAR_LIMIT) {
      return { event, key: keyOf(group, event.involvedObject.fieldPath ?? "", event.message) };
    }
    const metadata = { ...event.metadata, name: eventName(event.involvedObject.name, nanos) };
    return { event: { ...event, metadata, message: `(combined from similar events): ${event.message}` }, key: group };
  }

  /** How many different messages the group has by now; at the limit one of them is forgotten. */
  #noteMessage(group: string, message: string, now: number): number {
    const before = this.#similar.get(group);
    if (before === undefined || now - before.lastAt > SIMILAR_MS) {
      this.#similar.set(group, { message: this.#once(message), others: undefined, lastAt: now });
      return 1;
    }
    if (before.message === message && before.others === undefined) {
      this.#similar.set(group, { ...before, lastAt: now });
      return 1;
    }
    const [first = message, ...rest] = new Set([before.message, ...(before.others ?? []), message]);
    const count = rest.length + 1;
    const [next = first, ...others] = count < SIMILAR_LIMIT ? [first, ...rest] : rest;
    this.#similar.set(group, { message: next, others: new Set(others), lastAt: now });
    return count;
  }

  #observe(event: EventObject, key: string): EventWrite {
    const before = this.#seen.get(key);
    if (before === undefined) {
      const { metadata, firstTimestamp } = event;
      this.#seen.set(key, { count: 1, name: metadata.name, firstTimestamp: this.#once(firstTimestamp) });
      return { kind: "create", event };
    }
    const count = before.count + 1;
    this.#seen.set(key, { ...before, count });
    const metadata = { ...event.metadata, name: before.name };
    return { kind: "patch", event: { ...event, metadata, count, firstTimestamp: before.firstTimestamp } };
  }

  #once(text: string): string {
    const known = this.#texts.get(text);
    if (known === undefined) this.#texts.set(text, text);
    return known ?? text;
  }

  #mayPass(event: EventObject, now: number): boolean {
    const key = objectKey(event);
    const bucket = this.#buckets.get(key) ?? { tokens: BURST, filledAt: now };
    const tokens = Math.min(BURST, bucket.tokens + (now - bucket.filledAt) / REFILL_MS);
    const passes = tokens >= 1;
    this.#buckets.set(key, { tokens: passes ? tokens - 1 : tokens, filledAt: now });
    return passes;
  }
}

/** Source and reporter are the same for all our events; an object's names go with its UID. */
function objectKey({ involvedObject, type }: EventObject): string {
  const { kind, namespace = "", name, uid } = involvedObject;
  return [kind, uid === "" ? `${namespace}/${name}` : uid, type].join("\n");
}

function groupKey(event: EventObject): string {
  return [objectKey(event), event.reason].join("\n");
}

/** Messages may be long, and thousands of keys are kept. */
function keyOf(...parts: readonly string[]): string {
  return hash("sha256", parts.join("\n"), "base64url");
}
