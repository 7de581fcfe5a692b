/** Writes the logs of all running instances, each from a stream of its own, and completes them when they end. */
import { type Clock, sleep } from "@outboard/provider-sdk";
import type { Connection } from "../api/connection.js";
import { LogFile } from "./log-file.js";
import { sinceOf } from "./place.js";
import { recordReader } from "./records.js";

/** Where an instance's log comes from and goes to. */
export interface LogSource {
  readonly id: string;
  readonly tty: boolean;
  readonly logPath: string;
}

const RETRY_MS = 1000;

export class LogFollower {
  readonly #connection: Connection;
  readonly #clock: Clock;
  readonly #running = new Map<string, Following>();

  constructor(connection: Connection, clock: Clock) {
    this.#connection = connection;
    this.#clock = clock;
  }

  /** Goes on until finish or stop; broken streams are taken up again. */
  follow(source: LogSource): void {
    if (this.#running.has(source.id)) return;
    const following = openFollowing(source);
    if (following === undefined) return;
    this.#running.set(source.id, following);
    following.loop = this.#loop(source, following);
  }

  /** The instance has ended: everything that is left is written. Rejects when the engine cannot be asked. */
  async finish(source: LogSource): Promise<void> {
    const following = this.#running.get(source.id) ?? openFollowing(source);
    if (following === undefined) return;
    following.abort.abort();
    await following.loop;
    await this.#read(source, following, false);
    this.#running.delete(source.id);
    following.file.close();
  }

  /** The log file was renamed. */
  reopen(id: string): void {
    this.#running.get(id)?.file.reopen();
  }

  async stop(): Promise<void> {
    const all = [...this.#running.values()];
    this.#running.clear();
    for (const { abort } of all) abort.abort();
    await Promise.all(all.map(async ({ loop }) => await loop));
    for (const { file } of all) file.close();
  }

  async #loop(source: LogSource, following: Following): Promise<void> {
    const { signal } = following.abort;
    while (!signal.aborted) {
      await this.#read(source, following, true).catch(() => {}); // taken up again below, or by finish
      await sleep(this.#clock, RETRY_MS, signal).catch(() => {}); // aborted: the loop ends
    }
  }

  async #read(source: LogSource, { file, abort }: Following, isFollowing: boolean): Promise<void> {
    file.rewind();
    const reader = recordReader(source.tty);
    const stream = await this.#connection.stream({
      method: "GET",
      path: `/containers/${source.id}/logs?${queryOf(sinceOf(file.place), isFollowing)}`,
      ...(isFollowing ? { signal: abort.signal } : {}),
    });
    for await (const chunk of stream) file.write(reader.take(chunk as Buffer));
    file.write(reader.end());
  }
}

interface Following {
  readonly file: LogFile;
  readonly abort: AbortController;
  loop: Promise<void> | undefined;
}

/** Undefined: the folder is gone, and with it all who could read the log. */
function openFollowing({ logPath }: LogSource): Following | undefined {
  try {
    return { file: LogFile.open(logPath), abort: new AbortController(), loop: undefined };
  } catch {
    return undefined;
  }
}

function queryOf(since: number, isFollowing: boolean): string {
  const query = new URLSearchParams({ stdout: "1", stderr: "1", timestamps: "1", follow: isFollowing ? "1" : "0" });
  if (since > 0) query.set("since", String(since));
  return query.toString();
}
