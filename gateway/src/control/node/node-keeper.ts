/**
 * The Node object: registered once the provider has told its facts, kept true from then on, registered again within seconds
 * when it vanishes. A provider that is silent for too long makes the node NotReady; nothing here touches a pod.
 */
import type { Logger } from "pino";
import type { Node } from "../../domain/kubernetes.js";
import { computeNode, type NodeIdentity, readyOf } from "../../domain/node-object.js";
import { isNodeStatusStale } from "../../domain/node-staleness.js";
import type { Clock } from "../../ports/clock.js";
import type { EventSink } from "../../ports/events.js";
import type { NodeWriter } from "../../ports/node.js";
import type { NodeFacts, ProviderInfo, ProviderNode } from "../../ports/provider.js";

const CHECK_MS = 5_000;
const RETRY_MS = 1_000;

/** What keeping the Node needs. */
export interface NodeOptions {
  readonly writer: NodeWriter;
  /** Name, labels, taints, addresses, versions, port: all that comes from the configuration. */
  readonly identity: () => NodeIdentity;
  readonly clock: Clock;
  readonly events: EventSink;
  readonly logger: Logger;
  /** Told after each registration. */
  readonly onRegistered: (node: Node) => void;
}

/** The Node of this gateway. */
export interface NodeKeeper {
  /** The Node as the API last had it; undefined before the registration. */
  node(): Node | undefined;
  /** Takes the provider's word. */
  takeProvider(info: ProviderInfo, node: ProviderNode): void;
  /** The provider cannot be reached; what it said holds until its validity ends. */
  takeLost(reason: string, message: string): void;
  /** Registers and keeps the Node until the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
}

interface Heard {
  readonly info: ProviderInfo;
  readonly node: ProviderNode;
  /** Facts of the last answer that had some. */
  readonly facts: NodeFacts | undefined;
  readonly validUntil: number;
}

/** Creates the keeper; nothing is sent before run(). */
export function createNodeKeeper(options: NodeOptions): NodeKeeper {
  const { writer, clock, logger } = options;
  let current: Node | undefined;
  let heard: Heard | undefined;
  let lost: { readonly reason: string; readonly message: string } | undefined;
  let reportedAt = 0;
  let wake = Promise.withResolvers<void>();

  function takeProvider(info: ProviderInfo, node: ProviderNode): void {
    const before = heard?.node.state;
    heard = { info, node, facts: node.facts ?? heard?.facts, validUntil: clock.now() + node.validForMs };
    if (before !== node.state || lost !== undefined || current === undefined) wake.resolve();
    lost = undefined;
  }

  async function run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const waitMs = await sync(signal);
      await Promise.race([clock.sleep(waitMs, signal).catch(() => {}), wake.promise]);
      wake = Promise.withResolvers<void>();
    }
  }

  /** Returns milliseconds until the next look. */
  async function sync(signal: AbortSignal): Promise<number> {
    if (heard?.facts === undefined) return CHECK_MS;
    try {
      await syncOnce(heard, heard.facts, signal);
      return Math.max(100, Math.min(CHECK_MS, lost === undefined ? CHECK_MS : heard.validUntil - clock.now() + 50));
    } catch (error) {
      if (!signal.aborted) logger.warn({ err: error }, "node not written, will retry");
      return RETRY_MS;
    }
  }

  async function syncOnce(said: Heard, facts: NodeFacts, signal: AbortSignal): Promise<void> {
    const found = await writer.get(signal);
    const provider = { info: said.info, node: said.node, facts, silent: silence(said) };
    const wanted = computeNode(options.identity(), provider, found, clock.now());
    if (found === undefined) return register(await writer.create(wanted, signal));
    if (current?.metadata?.uid !== found.metadata?.uid) adopt(found);
    if (!isNodeStatusStale(found, wanted, reportedAt, clock.now())) return;
    const written = await writer.patchStatus(found, wanted, signal);
    if (written === undefined) return wake.resolve(); // deleted in between: register again
    tellReady(current, written);
    current = written;
    reportedAt = clock.now();
  }

  function silence({ validUntil }: Heard) {
    if (clock.now() < validUntil) return undefined;
    return lost ?? { reason: "ProviderUnreachable", message: "the provider has not answered in time" };
  }

  function register(node: Node): void {
    logger.info({ node: node.metadata?.name }, "node registered");
    reportedAt = clock.now();
    adopt(node);
    tellReady(undefined, node);
  }

  function adopt(node: Node): void {
    current = node;
    options.onRegistered(node);
  }

  /** Events NodeReady and NodeNotReady, on a change. */
  function tellReady(before: Node | undefined, after: Node): void {
    const ready = readyOf(after);
    if (readyOf(before) === ready) return;
    const { name = "", uid = "" } = after.metadata ?? {};
    const reason = ready ? "NodeReady" : "NodeNotReady";
    const target = { kind: "Node", namespace: "", name, uid } as const;
    options.events.record({ target, type: "Normal", reason, message: `Node ${name} status is now: ${reason}` });
    logger.info({ ready }, "node readiness changed");
  }

  return {
    node: () => current,
    takeProvider,
    takeLost: (reason, message) => {
      lost = { reason, message };
    },
    run,
  };
}
