/** What is known of the engine, kept fresh: for the node's report, which answers from memory. */
import { type Clock, sleep } from "@outboard/provider-sdk";
import type { Connection } from "../api/connection.js";
import type { EngineFacts } from "./node-report.js";

const REFRESH_MS = 30_000;

export class EngineWatch {
  readonly #connection: Connection;
  readonly #clock: Clock;
  #facts: EngineFacts | undefined;
  #isReachable = false;

  constructor(connection: Connection, clock: Clock) {
    this.#connection = connection;
    this.#clock = clock;
  }

  get facts(): EngineFacts | undefined {
    return this.#facts;
  }

  get isReachable(): boolean {
    return this.#isReachable;
  }

  noteReach(isThere: boolean): void {
    this.#isReachable = isThere;
  }

  /** Rejects when the engine does not answer. */
  async refresh(): Promise<void> {
    const get = async <Answer>(path: string): Promise<Answer> =>
      await this.#connection.json<Answer>({ method: "GET", path });
    const [info, version, images] = await Promise.all([
      get<EngineFacts["info"]>("/info"),
      get<EngineFacts["version"]>("/version"),
      get<EngineFacts["images"]>("/images/json"),
    ]);
    this.#facts = { info, version, images: [...images].sort((left, right) => right.Size - left.Size) };
  }

  /** Resolves when the signal is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await sleep(this.#clock, REFRESH_MS, signal).catch(() => {}); // aborted: the loop ends
      if (this.#isReachable) await this.refresh().catch(() => {}); // the events tell when it is away
    }
  }
}
