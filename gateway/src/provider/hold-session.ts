/** What runs while a session is open: the watch, the node poll, and snapshots beside the watch. */
import type { Logger } from "pino";
import type { Clock } from "../ports/clock.js";
import { type ProviderEventMessage, ProviderError, type ProviderNode } from "../ports/provider.js";
import { type Connection, inSession } from "./connection.js";
import { isSessionError, isUnimplemented, MissingRpcError } from "./errors.js";
import { fromNode } from "./map-node.js";
import type { OpenSession } from "./open-session.js";
import { SnapshotSchedule } from "./snapshot-schedule.js";
import { watchPods } from "./watch.js";

const POLL_MS = { complete: 5_000, incomplete: 1_000 };

/** What the parts need. */
export interface HoldOptions {
  readonly connection: Connection;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly session: OpenSession;
  readonly onEpoch: (epoch: string) => boolean;
  readonly onMessage: (message: ProviderEventMessage) => void;
}

/** Rejects with the first thing that broke the session; nothing of it runs any more then. */
export async function holdSession(options: HoldOptions): Promise<never> {
  const held = new HeldSession(options);
  const parts = [held.watch(), held.pollNode(), held.takeSnapshots()];
  try {
    await Promise.all(parts);
  } catch (error) {
    options.session.invalidate(error);
    await Promise.allSettled(parts);
    throw error;
  }
  throw new ProviderError("the session is over");
}

class HeldSession {
  readonly #options: HoldOptions;
  readonly #schedule: SnapshotSchedule;
  readonly #begun = Promise.withResolvers<void>();

  constructor(options: HoldOptions) {
    this.#options = options;
    this.#schedule = new SnapshotSchedule(options.clock);
    const { signal } = options.session;
    signal.addEventListener("abort", () => this.#begun.reject(signal.reason), { once: true });
    this.#begun.promise.catch(() => {}); // the poll takes it, if it gets so far
  }

  async watch(): Promise<never> {
    await watchPods({
      ...this.#options,
      snapshotOnly: false,
      onSign: () => this.#begun.resolve(),
      onMessage: (message) => this.#tell(message),
    });
    throw new ProviderError("the provider ended the watch");
  }

  /** Begins when the watch does: a node whose pods cannot be watched is not told to be ready. */
  async pollNode(): Promise<never> {
    const { session, clock } = this.#options;
    await this.#begun.promise;
    for (;;) {
      const node = await this.#getNode();
      session.signal.throwIfAborted();
      if (node !== undefined) this.#takeNode(node);
      await clock.sleep(node?.inventoryComplete === true ? POLL_MS.complete : POLL_MS.incomplete, session.signal);
    }
  }

  async takeSnapshots(): Promise<never> {
    const { session } = this.#options;
    for (;;) {
      await this.#schedule.next(session.signal);
      await this.#takeSnapshot();
    }
  }

  #takeNode(node: ProviderNode): void {
    this.#options.onMessage({ kind: "node", node });
    this.#schedule.inventory(node.inventoryComplete);
  }

  #tell(message: ProviderEventMessage): void {
    if (message.kind === "snapshot") this.#schedule.ended(message.complete);
    this.#options.onMessage(message);
  }

  /** A snapshot that fails is taken again later; the watch says whether the session is over. */
  async #takeSnapshot(): Promise<void> {
    const { session, logger } = this.#options;
    this.#schedule.ended(false);
    try {
      await watchPods({ ...this.#options, snapshotOnly: true, onMessage: (message) => this.#tell(message) });
    } catch (err) {
      session.signal.throwIfAborted();
      if (isSessionError(err)) throw err;
      logger.debug({ err }, "no snapshot, will retry");
    }
  }

  /** undefined: no answer; whether that matters is for the node's validity to say. */
  async #getNode(): Promise<ProviderNode | undefined> {
    const { connection, session, logger } = this.#options;
    try {
      return fromNode(
        await connection.node.getNode({}, inSession(session.id, session.signal, session.deadlines.getNode)),
      );
    } catch (err) {
      session.signal.throwIfAborted();
      if (isUnimplemented(err)) throw new MissingRpcError("NodeService.GetNode");
      if (isSessionError(err)) throw err;
      logger.debug({ err }, "provider did not answer GetNode");
      return undefined;
    }
  }
}
