/**
 * What client-go does to events before they are sent: the same event again raises a count; the tenth different message of one
 * reason within ten minutes, and every further one, become one combined event; an object may have 25 events at once and then one
 * in five minutes.
 */
import { type EventObject, eventName } from "./event-object.js";
import { Lru } from "./lru.js";

/** What to send. */
export type EventWrite =
  | { readonly kind: "create"; readonly event: EventObject }
  /** The event exists: `event` is its whole new state. */
  | { readonly kind: "patch"; readonly event: EventObject };

const LIMIT = 4_096;
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
  readonly messages: Set<string>;
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

  /** undefined: too many about this object, dropped. */
  correlate(event: EventObject, now: number, nanos: bigint): EventWrite | undefined {
    const { event: merged, key } = this.#aggregate(event, now, nanos);
    const write = this.#observe(merged, key);
    return this.#mayPass(event, now) ? write : undefined;
  }

  #aggregate(event: EventObject, now: number, nanos: bigint): { readonly event: EventObject; readonly key: string } {
    const group = groupKey(event);
    const before = this.#similar.get(group);
    const messages = before === undefined || now - before.lastAt > SIMILAR_MS ? new Set<string>() : before.messages;
    messages.add(event.message);
    this.#similar.set(group, { messages, lastAt: now });
    if (messages.size < SIMILAR_LIMIT) {
      return { event, key: `${group}\n${event.involvedObject.fieldPath ?? ""}\n${event.message}` };
    }
    const [any] = messages;
    messages.delete(any ?? "");
    const metadata = { ...event.metadata, name: eventName(event.involvedObject.name, nanos) };
    return { event: { ...event, metadata, message: `(combined from similar events): ${event.message}` }, key: group };
  }

  #observe(event: EventObject, key: string): EventWrite {
    const before = this.#seen.get(key);
    if (before === undefined) {
      this.#seen.set(key, { count: 1, name: event.metadata.name, firstTimestamp: event.firstTimestamp });
      return { kind: "create", event };
    }
    const count = before.count + 1;
    this.#seen.set(key, { ...before, count });
    const metadata = { ...event.metadata, name: before.name };
    return { kind: "patch", event: { ...event, metadata, count, firstTimestamp: before.firstTimestamp } };
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

/** Source and reporter are the same for all our events. */
function objectKey(event: EventObject): string {
  const { kind, namespace, name, uid } = event.involvedObject;
  return [kind, namespace, name, uid, event.type].join("\n");
}

function groupKey(event: EventObject): string {
  return `${objectKey(event)}\n${event.reason}`;
}
