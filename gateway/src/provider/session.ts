/**
 * One gateway's session with its provider: handshake, the watch, the node poll, and starting over when any of it breaks.
 * Tells the core everything in order; trouble of the provider is a message, never an exception.
 */
import { HandshakeRequest, isStatusError, type NodeConfiguration, SessionMode } from "@outboard/contract";
import type { Logger } from "pino";
import type { Clock } from "../ports/clock.js";
import type { ProviderEventMessage, ProviderInfo } from "../ports/provider.js";
import { type CallDeadlines, type Connection, deadlinesOf, inSession } from "./connection.js";
import { toProviderError } from "./errors.js";
import { fromHandshake, fromNode } from "./map-node.js";
import { watchPods } from "./watch.js";

/** Contract revisions that this gateway speaks. */
export const REVISIONS: readonly number[] = [1];
const HANDSHAKE_DEADLINE_MS = 5_000;
const NODE_POLL_MS = 5_000;
const SNAPSHOT_EVERY_MS = 5 * 60_000;
const BACKOFF_MS = { first: 200, longest: 30_000 };
const FINAL_REASONS: ReadonlySet<string> = new Set(["NO_COMMON_REVISION", "WRONG_OWNER"]);

/** The number that keeps an older gateway of the same node out. */
export interface Fencing {
  current(): bigint;
  /**
   * The provider has seen a higher number. Raises ours above it and resolves to true if this process still holds the node;
   * false: another one does, and this one must stop.
   */
  raiseAbove(highest: bigint, signal: AbortSignal): Promise<boolean>;
}

/** Who this gateway is. */
export interface SessionOptions {
  readonly connection: Connection;
  readonly gatewayVersion: string;
  readonly instanceId: string;
  readonly clusterId: string;
  readonly nodeName: string;
  readonly nodeConfiguration: () => NodeConfiguration;
  readonly fencing: Fencing;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Takes every message, in order; must not throw. */
  readonly onMessage: (message: ProviderEventMessage) => void;
}

/** An open session. */
export interface OpenSession {
  readonly id: string;
  readonly info: ProviderInfo;
  readonly deadlines: CallDeadlines;
  /** Aborts when the session is over. */
  readonly signal: AbortSignal;
  /** Tells that a call was refused with SESSION: shake hands again. */
  invalidate(reason: unknown): void;
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
  const { clock, logger, onMessage } = options;
  let open: OpenSession | undefined;
  let epoch = "";

  async function run(signal: AbortSignal): Promise<void> {
    for (let failures = 0; !signal.aborted; failures++) {
      try {
        await once(signal, () => {
          failures = 0;
        });
      } catch (error) {
        if (signal.aborted) return;
        if (await isOver(error, signal)) return;
        const delayMs = Math.min(BACKOFF_MS.longest, BACKOFF_MS.first * 2 ** Math.min(failures, 10));
        tellLost(error, failures);
        await clock.sleep(delayMs * (0.5 + Math.random() / 2), signal).catch(() => {});
      }
    }
  }

  /** Tells "ended" for errors that no repetition can cure. */
  async function isOver(error: unknown, signal: AbortSignal): Promise<boolean> {
    if (!isStatusError(error) || error.reason === undefined) return false;
    if (error.reason === "SESSION_SUPERSEDED") {
      const highest = BigInt(error.metadata.get("fencing") ?? "0");
      if (await options.fencing.raiseAbove(highest, signal).catch(() => true)) return false;
    } else if (!FINAL_REASONS.has(error.reason)) return false;
    onMessage({ kind: "ended", reason: error.reason, message: describeEnd(error) });
    return true;
  }

  function tellLost(error: unknown, failures: number): void {
    const { message, reason } = toProviderError(error, "session");
    if (failures === 0) logger.warn({ reason, message }, "provider lost, trying to reach it");
    onMessage({ kind: "lost", reason: reason ?? "ProviderUnreachable", message });
  }

  async function once(signal: AbortSignal, onOpen: () => void): Promise<void> {
    const answer = await handshake(options, signal);
    const over = new AbortController();
    const session: OpenSession = {
      id: answer.sessionId,
      info: fromHandshake(answer),
      deadlines: deadlinesOf(answer.limits?.deadlines),
      signal: AbortSignal.any([signal, over.signal]),
      invalidate: (reason) => over.abort(reason),
    };
    onOpen();
    open = session;
    logger.info(
      { provider: session.info.name, version: session.info.version, revision: answer.revision },
      "session opened",
    );
    onMessage({ kind: "session", info: session.info });
    try {
      await Promise.all([watchLoop(session), nodeLoop(session)]);
    } finally {
      open = undefined;
      over.abort(new Error("the session is over"));
    }
  }

  async function watchLoop(session: OpenSession): Promise<void> {
    await watchPods({ ...options, session, snapshotOnly: false, onEpoch, onMessage });
    throw new Error("the provider ended the watch");
  }

  function onEpoch(value: string): boolean {
    const changed = epoch !== "" && epoch !== value;
    epoch = value;
    return changed;
  }

  async function nodeLoop(session: OpenSession): Promise<void> {
    let complete = false;
    let snapshotAt = clock.now() + SNAPSHOT_EVERY_MS;
    for (;;) {
      const node = await getNode(session);
      if (node !== undefined) {
        onMessage({ kind: "node", node });
        if (node.inventoryComplete && !complete) snapshotAt = Math.min(snapshotAt, clock.now() + 1_000);
        complete = node.inventoryComplete;
      }
      if (clock.now() >= snapshotAt) {
        snapshotAt = clock.now() + SNAPSHOT_EVERY_MS;
        await watchPods({ ...options, session, snapshotOnly: true, onEpoch, onMessage });
      }
      await clock.sleep(node?.inventoryComplete === true ? NODE_POLL_MS : 1_000, session.signal);
    }
  }

  /** undefined: no answer; whether that matters is for the node's validity to say. */
  async function getNode(session: OpenSession) {
    try {
      const answer = await options.connection.node.getNode(
        {},
        inSession(session.id, session.signal, session.deadlines.getNode),
      );
      return fromNode(answer);
    } catch (error) {
      session.signal.throwIfAborted();
      if (isStatusError(error) && (error.reason === "SESSION" || error.reason === "SESSION_SUPERSEDED")) throw error;
      logger.debug({ err: error }, "provider did not answer GetNode");
      return undefined;
    }
  }

  return { current: () => open, run };
}

function handshake(options: SessionOptions, signal: AbortSignal) {
  const request = HandshakeRequest.fromPartial({
    revisions: [...REVISIONS],
    gatewayName: "outboard",
    gatewayVersion: options.gatewayVersion,
    instanceId: options.instanceId,
    mode: SessionMode.OWNER,
    fencing: options.fencing.current(),
    clusterId: options.clusterId,
    nodeName: options.nodeName,
    nodeConfiguration: options.nodeConfiguration(),
  });
  return options.connection.identity.handshake(request, { signal, deadlineMs: HANDSHAKE_DEADLINE_MS });
}

function describeEnd(error: {
  readonly reason: string | undefined;
  readonly message: string;
  readonly metadata: ReadonlyMap<string, string>;
}): string {
  switch (error.reason) {
    case "SESSION_SUPERSEDED":
      return "a newer gateway has taken over this node";
    case "NO_COMMON_REVISION": {
      const theirs = error.metadata.get("provider_revisions") ?? "unknown";
      return `no contract revision in common: this gateway speaks ${REVISIONS.join(", ")}, the provider ${theirs}`;
    }
    default:
      return `the provider belongs to another cluster or node: ${error.message}`;
  }
}
