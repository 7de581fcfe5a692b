/**
 * One gateway's session with its provider: shakes hands, holds the session, and starts over when it breaks. Tells the core
 * everything in order; trouble of the provider is a message, never an exception.
 */
import type { HandshakeResponse } from "@outboard/contract";
import type { Logger } from "pino";
import type { Clock } from "../ports/clock.js";
import type { ProviderEventMessage } from "../ports/provider.js";
import { type Connection, deadlinesOf } from "./connection.js";
import { MissingRpcError, toTrouble } from "./errors.js";
import { finalRefusal, type GatewayIdentity, shakeHands, supersededBy } from "./handshake.js";
import { holdSession } from "./hold-session.js";
import { fromHandshake } from "./map-node.js";
import type { OpenSession } from "./open-session.js";
import { Outage } from "./outage.js";

/** The number that keeps an older gateway of the same node out. */
export interface Fencing {
  current(): bigint;
  /**
   * The provider has seen a higher number. Raises ours above it and resolves to true if this process still holds the node;
   * false: another one does, and this one must stop.
   */
  raiseAbove(highest: bigint, signal: AbortSignal): Promise<boolean>;
}

/** What a session needs. */
export interface SessionOptions extends GatewayIdentity {
  readonly connection: Connection;
  readonly fencing: Fencing;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Takes every message, in order; must not throw. */
  readonly onMessage: (message: ProviderEventMessage) => void;
}

/** The session loop. */
export interface ProviderSession {
  /** The open session; undefined while there is none. */
  current(): OpenSession | undefined;
  /** Runs until the signal aborts or the session ended for good (told by a message of kind "ended"). */
  run(signal: AbortSignal): Promise<void>;
}

/** Creates the loop; nothing is sent before run(). */
export function createProviderSession(options: SessionOptions): ProviderSession {
  return new SessionLoop(options);
}

class SessionLoop implements ProviderSession {
  readonly #options: SessionOptions;
  readonly #outage = new Outage();
  #open: OpenSession | undefined;
  #openedAt: number | undefined;
  #epoch = "";
  /** A provider process that lacks a required call does not get it later. */
  #lacking: { readonly instanceId: string; readonly error: MissingRpcError } | undefined;

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  current(): OpenSession | undefined {
    return this.#open;
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#holdOne(signal);
      } catch (error) {
        if (signal.aborted || (await this.#isOver(error, signal))) return;
        await this.#wait(error, signal);
      }
    }
  }

  /** One session, from handshake to end. Always rejects. */
  async #holdOne(signal: AbortSignal): Promise<void> {
    const { connection, fencing } = this.#options;
    this.#openedAt = undefined;
    const answer = await shakeHands(connection, this.#options, fencing.current(), signal);
    if (this.#lacking?.instanceId === answer.instanceId) throw this.#lacking.error;
    const session = this.#openSession(answer, signal);
    try {
      await holdSession({
        ...this.#options,
        session,
        onEpoch: (epoch) => this.#takeEpoch(epoch),
        onMessage: (message) => this.#tell(message, session),
      });
    } catch (error) {
      if (error instanceof MissingRpcError) this.#lacking = { instanceId: session.info.instanceId, error };
      throw error;
    } finally {
      this.#open = undefined;
    }
  }

  #openSession(answer: HandshakeResponse, signal: AbortSignal): OpenSession {
    const over = new AbortController();
    const session: OpenSession = {
      id: answer.sessionId,
      info: fromHandshake(answer),
      deadlines: deadlinesOf(answer.limits?.deadlines),
      signal: AbortSignal.any([signal, over.signal]),
      invalidate: (reason) => over.abort(reason),
    };
    this.#open = session;
    this.#openedAt = this.#options.clock.now();
    this.#options.onMessage({ kind: "session", info: session.info });
    return session;
  }

  /** The provider works once it has told its pods: only then an outage is over. */
  #tell(message: ProviderEventMessage, { info }: OpenSession): void {
    if (message.kind === "snapshot" && this.#outage.over()) {
      const { name, version, revision } = info;
      this.#options.logger.info({ provider: name, version, revision }, "session opened");
    }
    this.#options.onMessage(message);
  }

  #takeEpoch(epoch: string): boolean {
    const hasChanged = this.#epoch !== "" && this.#epoch !== epoch;
    this.#epoch = epoch;
    return hasChanged;
  }

  /** Tells "ended" for what no repetition can cure. */
  async #isOver(error: unknown, signal: AbortSignal): Promise<boolean> {
    const end = finalRefusal(error) ?? (await this.#superseded(error, signal));
    if (end !== undefined) this.#options.onMessage({ kind: "ended", ...end });
    return end !== undefined;
  }

  async #superseded(error: unknown, signal: AbortSignal) {
    const highest = supersededBy(error);
    if (highest === undefined || (await this.#raiseAbove(highest, signal))) return undefined;
    return { reason: "SESSION_SUPERSEDED", message: "a newer gateway has taken over this node" };
  }

  /** A number that cannot be raised now is raised at the next refusal. */
  async #raiseAbove(highest: bigint, signal: AbortSignal): Promise<boolean> {
    const { fencing, logger } = this.#options;
    try {
      return await fencing.raiseAbove(highest, signal);
    } catch (err) {
      if (!signal.aborted) logger.warn({ err }, "the fencing number could not be raised, will retry");
      return true;
    }
  }

  async #wait(cause: unknown, signal: AbortSignal): Promise<void> {
    const { clock, connection, logger, onMessage } = this.#options;
    const wasOpen = this.#openedAt !== undefined;
    const trouble = toTrouble(cause, connection.address);
    this.#outage.failed(clock.now() - (this.#openedAt ?? clock.now()));
    const isNews = this.#outage.isNews(trouble);
    if (isNews) logger.warn(trouble, "provider lost, trying to reach it");
    if (isNews || wasOpen) onMessage({ kind: "lost", ...trouble });
    const delayMs = cause instanceof MissingRpcError ? this.#outage.slowDelayMs() : this.#outage.delayMs();
    await clock.sleep(delayMs, signal).catch(() => {});
  }
}
