/**
 * Events of the runtime side on their way to Kubernetes, each told once: a provider tells those that it keeps again with every
 * stream, so what this process told is known by number, and what the one before it told by the mark that it left.
 */
import type { ProviderEvent } from "../../domain/observation.js";
import type { Clock } from "../../ports/clock.js";
import type { EventSink } from "../../ports/events.js";
import type { EventMark } from "../event-mark.js";
import { toEventDraft } from "./provider-event.js";
import type { PodRecord } from "./record.js";
import type { PodTable } from "./table.js";

/** As many as a provider keeps of a pod (CONTRACT §4). */
const MOST_HELD = 64;
/** For so long after its first event a gateway may be told what happened before it was there. */
const KEPT_EVENTS_MS = 60_000;

/** What telling events needs. */
export interface ProviderEventsOptions {
  readonly table: PodTable;
  readonly events: EventSink;
  readonly clock: Clock;
  /** Absent: nobody was here before. */
  readonly mark?: EventMark | undefined;
}

/** Tells them. */
export class ProviderEvents {
  readonly #options: ProviderEventsOptions;
  /** By UID: of pods that the API may have, which is not read yet. */
  readonly #held = new Map<string, ProviderEvent[]>();
  #firstAt: number | undefined;

  constructor(options: ProviderEventsOptions) {
    this.#options = options;
  }

  take(event: ProviderEvent): void {
    const { table, clock } = this.#options;
    this.#firstAt ??= clock.now();
    const record = table.get(event.uid);
    if (record?.lastApi !== undefined) this.#tell(event, record);
    else if (!table.listed) this.#hold(event);
  }

  /** The API has been read. */
  takeList(): void {
    if (this.#held.size === 0) return;
    const held = [...this.#held.values()].flat();
    this.#held.clear();
    for (const event of held) this.take(event);
  }

  #hold(event: ProviderEvent): void {
    const events = this.#held.get(event.uid) ?? [];
    this.#held.set(event.uid, [...events, event].slice(-MOST_HELD));
  }

  #tell(event: ProviderEvent, record: PodRecord): void {
    const { lastApi, eventSeq } = record;
    if (lastApi === undefined || event.seq <= eventSeq) return;
    record.eventSeq = event.seq;
    const at = Date.parse(event.time);
    if (this.#wasTold(at, record)) return;
    this.#options.events.record(toEventDraft(event, lastApi));
    this.#options.mark?.told(at);
  }

  /** By the process before this one. Only of its pods, and only at the start: clocks may be set back. */
  #wasTold(at: number, { acknowledgedBefore }: PodRecord): boolean {
    const { clock, mark } = this.#options;
    const before = mark?.before;
    if (before === undefined || !acknowledgedBefore || this.#firstAt === undefined) return false;
    return at <= before && clock.now() - this.#firstAt < KEPT_EVENTS_MS;
  }
}
