/**
 * LIST, then WATCH for ever: resumes where it stopped, lists again when the past is gone (410 in both forms) or when a line was
 * not readable, and retries everything else without end. It tells "lost" once per outage; the outage ends with a list.
 */
import type { Clock } from "../ports/clock.js";
import { fromStatusObject } from "./errors.js";
import type { KubeHttp, StreamPool } from "./http.js";
import { splitLines, UnreadableLine } from "./lines.js";
import { Priority } from "./limiter.js";
import { type KubeLog, silentLog } from "./log.js";
import { WatchTrouble } from "./watch-trouble.js";
import { type ApiObject, parseWatchLine, peekModifiedVersion, withoutManagedFields } from "./watch-line.js";

export interface ListWatchOptions {
  readonly http: KubeHttp;
  readonly clock: Clock;
  /** Collection, from the API root. */
  readonly path: string;
  /** The items' own kind and apiVersion, which lists leave out. */
  readonly kind: string;
  readonly apiVersion: string;
  readonly fieldSelector?: string;
  /** Where the watch is opened; default "watches". */
  readonly pool?: StreamPool;
  /** From 0 to 1. Default Math.random. */
  readonly random?: () => number;
  /** Default 500. */
  readonly pageSize?: number;
  /** Bytes of one line; default 16 MiB. */
  readonly lineLimitBytes?: number;
  /** Longest silence of a watch, bookmarks counted; default 3 min. */
  readonly silenceMs?: number;
  /** true: this MODIFIED line repeats an answer that we have; it is dropped unparsed. */
  readonly isEcho?: (resourceVersion: string) => boolean;
  readonly log?: KubeLog;
}

export type ListWatchEvent<Item> =
  | { readonly kind: "list"; readonly items: readonly Item[] }
  | { readonly kind: "set"; readonly object: Item }
  | { readonly kind: "gone"; readonly object: Item }
  | { readonly kind: "lost"; readonly reason: string };

const SILENCE_MS = 180_000;
const PAGE_SIZE = 500;
const LINE_LIMIT = 16 * 1_048_576;
const WATCH_SECONDS = { shortest: 300, spread: 300 } as const;

/** Ends (returns) only when the signal aborts. */
export async function* listWatch<Item extends ApiObject>(
  options: ListWatchOptions,
  signal: AbortSignal,
): AsyncGenerator<ListWatchEvent<Item>, void, undefined> {
  const loop = new ListWatch<Item>(options, signal);
  while (!signal.aborted) {
    const startedAt = options.clock.now();
    try {
      yield* loop.listIfNeeded();
      yield* loop.watch();
      loop.ended(options.clock.now() - startedAt);
    } catch (error) {
      if (signal.aborted) {
        return;
      }
      const lost = loop.failed(error, options.clock.now() - startedAt);
      if (lost !== undefined) {
        yield lost;
      }
    }
    await loop.pause();
  }
}

class ListWatch<Item extends ApiObject> {
  readonly #options: ListWatchOptions;
  readonly #signal: AbortSignal;
  readonly #log: KubeLog;
  readonly #random: () => number;
  #version: string | undefined;
  readonly #trouble = new WatchTrouble();

  constructor(options: ListWatchOptions, signal: AbortSignal) {
    this.#options = options;
    this.#signal = signal;
    this.#log = options.log ?? silentLog;
    this.#random = options.random ?? Math.random;
  }

  async *listIfNeeded(): AsyncGenerator<ListWatchEvent<Item>, void, undefined> {
    if (this.#version !== undefined) {
      return;
    }
    const { items, version } = await this.#list();
    this.#version = version;
    this.#trouble.listed();
    yield { kind: "list", items };
  }

  async *watch(): AsyncGenerator<ListWatchEvent<Item>, void, undefined> {
    const silence = new AbortController();
    const stream = AbortSignal.any([this.#signal, silence.signal]);
    const chunks = await this.#options.http.open(this.#watchPath(), stream, this.#options.pool);
    this.#trouble.opened();
    const watchdog = this.#startWatchdog(silence);
    try {
      for await (const line of splitLines(chunks, this.#options.lineLimitBytes ?? LINE_LIMIT, watchdog.touch)) {
        const event = this.#read(line);
        if (event !== undefined) {
          yield event;
        }
      }
    } finally {
      watchdog.stop();
    }
  }

  /** The server closed the watch in good order. */
  ended(lastedMs: number): void {
    this.#trouble.ended(lastedMs);
  }

  failed(error: unknown, lastedMs: number): ListWatchEvent<Item> | undefined {
    const verdict = this.#trouble.failed(error, lastedMs, this.#version !== undefined);
    const reason = error instanceof Error ? error.message : "unknown failure";
    this.#log.debug({ path: this.#options.path, reason, verdict }, "watch ended with an error");
    if (verdict !== "resume") {
      this.#version = undefined;
    }
    return verdict === "lost" ? { kind: "lost", reason } : undefined;
  }

  async pause(): Promise<void> {
    await this.#options.clock.sleep(this.#trouble.pauseMs(this.#random()), this.#signal).catch(() => undefined);
  }

  async #list(): Promise<{ readonly items: readonly Item[]; readonly version: string }> {
    const { http, path, kind, apiVersion } = this.#options;
    const items: Item[] = [];
    let token = "";
    for (;;) {
      const request = { method: "GET", path: `${path}?${this.#listQuery(token)}`, priority: Priority.inputs } as const;
      const page = await http.json<Page<Item>>({ ...request, timeoutMs: 60_000 }, this.#signal);
      for (const item of page.items ?? []) {
        items.push(withoutManagedFields({ kind, apiVersion, ...item }));
      }
      token = page.metadata.continue ?? "";
      if (token === "") {
        return { items, version: page.metadata.resourceVersion };
      }
    }
  }

  #read(line: Buffer): ListWatchEvent<Item> | undefined {
    const peeked = this.#options.isEcho === undefined ? undefined : peekModifiedVersion(line);
    if (peeked !== undefined && this.#options.isEcho?.(peeked) === true) {
      this.#version = peeked;
      return undefined;
    }
    const event = this.#parse(line);
    switch (event.kind) {
      case "error":
        throw fromStatusObject({ method: "WATCH", path: this.#options.path }, event.status);
      case "bookmark":
        this.#version = event.resourceVersion;
        return undefined;
      default:
        this.#version = event.object.metadata.resourceVersion;
        return event;
    }
  }

  #parse(line: Buffer): ReturnType<typeof parseWatchLine<Item>> {
    try {
      return parseWatchLine<Item>(line);
    } catch (cause) {
      this.#log.warn({ path: this.#options.path, bytes: line.length }, "a line of the watch is not readable");
      throw new UnreadableLine("a line of the watch is not readable", { cause });
    }
  }

  #listQuery(token: string): string {
    const query = new URLSearchParams({ limit: String(this.#options.pageSize ?? PAGE_SIZE) });
    this.#addSelector(query);
    if (token !== "") {
      query.set("continue", token);
    }
    return query.toString();
  }

  #watchPath(): string {
    const seconds = Math.round(WATCH_SECONDS.shortest + WATCH_SECONDS.spread * this.#random());
    const query = new URLSearchParams({ watch: "true", allowWatchBookmarks: "true", timeoutSeconds: String(seconds) });
    query.set("resourceVersion", this.#version ?? "");
    this.#addSelector(query);
    return `${this.#options.path}?${query.toString()}`;
  }

  #addSelector(query: URLSearchParams): void {
    if (this.#options.fieldSelector !== undefined) {
      query.set("fieldSelector", this.#options.fieldSelector);
    }
  }

  #startWatchdog(silence: AbortController): { readonly touch: () => void; readonly stop: () => void } {
    const { clock } = this.#options;
    const limitMs = this.#options.silenceMs ?? SILENCE_MS;
    const stopped = new AbortController();
    let lastAt = clock.now();
    const watch = async (): Promise<void> => {
      for (let left = limitMs; left > 0; left = lastAt + limitMs - clock.now()) {
        await clock.sleep(left, stopped.signal);
      }
      silence.abort(new Error("the watch has been silent for too long"));
    };
    void watch().catch(() => undefined);
    return {
      touch: () => {
        lastAt = clock.now();
      },
      stop: () => stopped.abort(new Error("the watch has ended")),
    };
  }
}

interface Page<Item> {
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string };
  readonly items?: readonly Item[];
}
