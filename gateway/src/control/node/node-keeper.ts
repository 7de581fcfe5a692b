/**
 * The Node object: registered once the provider has told its facts, kept true from then on, registered again within seconds
 * when it vanishes. A provider that is silent for too long makes the node NotReady; nothing here touches a pod.
 */
import type { Logger } from "pino";
import type { Node } from "../../domain/kubernetes.js";
import { computeNode, type NodeIdentity, type NodeProvider, readyOf } from "../../domain/node-object.js";
import { isNodeStatusStale } from "../../domain/node-staleness.js";
import type { Clock } from "../../ports/clock.js";
import type { EventSink } from "../../ports/events.js";
import type { NodeWriter } from "../../ports/node.js";
import type { NodeFacts, ProviderInfo, ProviderNode } from "../../ports/provider.js";

const CHECK_MS = 5_000;
const RETRY_MS = 1_000;
const SHORTEST_MS = 100;

/** What keeping the Node needs. */
export interface NodeOptions {
  readonly writer: NodeWriter;
  /** Name, labels, taints, addresses, versions, port: all that comes from the configuration. */
  readonly identity: () => NodeIdentity;
  readonly clock: Clock;
  readonly events: EventSink;
  readonly logger: Logger;
  /** Told after each registration and adoption. */
  readonly onRegistered: (node: Node) => void;
}

interface Heard {
  readonly info: ProviderInfo;
  readonly node: ProviderNode;
  /** Facts of the last answer that had some. */
  readonly facts: NodeFacts | undefined;
  readonly validUntil: number;
}

interface Trouble {
  readonly reason: string;
  readonly message: string;
}

const SILENT: Trouble = { reason: "ProviderUnreachable", message: "the provider has not answered in time" };

/** The Node of this gateway. */
export class NodeKeeper {
  readonly #options: NodeOptions;
  #current: Node | undefined;
  #heard: Heard | undefined;
  #lost: Trouble | undefined;
  #reportedAt = 0;
  #wake = Promise.withResolvers<void>();

  constructor(options: NodeOptions) {
    this.#options = options;
  }

  /** The Node as the API last had it; undefined before the registration. */
  node(): Node | undefined {
    return this.#current;
  }

  /** Takes the provider's word. */
  takeProvider(info: ProviderInfo, node: ProviderNode): void {
    const changed = this.#heard?.node.state !== node.state || this.#lost !== undefined || this.#current === undefined;
    const validUntil = this.#options.clock.now() + node.validForMs;
    this.#heard = { info, node, facts: node.facts ?? this.#heard?.facts, validUntil };
    this.#lost = undefined;
    if (changed) this.#wake.resolve();
  }

  /** The provider cannot be reached; what it said holds until its validity ends. */
  takeLost(reason: string, message: string): void {
    this.#lost = { reason, message };
  }

  /** Registers and keeps the Node until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#wake = Promise.withResolvers<void>();
      const waitMs = await this.#sync(signal);
      await Promise.race([this.#options.clock.sleep(waitMs, signal).catch(() => {}), this.#wake.promise]);
    }
  }

  /** Returns milliseconds until the next look. */
  async #sync(signal: AbortSignal): Promise<number> {
    const heard = this.#heard;
    if (heard?.facts === undefined) return CHECK_MS;
    try {
      await this.#syncOnce(heard, heard.facts, signal);
    } catch (error) {
      if (!signal.aborted) this.#options.logger.warn({ err: error }, "node not written, will retry");
      return RETRY_MS;
    }
    const restMs = heard.validUntil - this.#options.clock.now();
    return restMs > 0 ? Math.max(SHORTEST_MS, Math.min(CHECK_MS, restMs + 1)) : CHECK_MS;
  }

  async #syncOnce(heard: Heard, facts: NodeFacts, signal: AbortSignal): Promise<void> {
    const { writer, clock, identity } = this.#options;
    const found = await writer.get(signal);
    const provider: NodeProvider = { info: heard.info, node: heard.node, facts, silent: this.#silence(heard) };
    const wanted = computeNode(identity(), provider, found, clock.now());
    if (found === undefined) return this.#registered(await writer.create(wanted, signal));
    if (this.#current?.metadata?.uid !== found.metadata?.uid) this.#adopt(found);
    this.#current = found;
    if (!isNodeStatusStale(found, wanted, this.#reportedAt, clock.now())) return;
    const written = await writer.patchStatus(found, wanted, signal);
    if (written === undefined) return this.#wake.resolve(); // deleted in between: register again
    this.#reportedAt = clock.now();
    this.#tellReady(found, written);
    this.#current = written;
  }

  #silence({ validUntil }: Heard): Trouble | undefined {
    return this.#options.clock.now() < validUntil ? undefined : (this.#lost ?? SILENT);
  }

  #registered(node: Node): void {
    this.#options.logger.info({ node: node.metadata?.name }, "node registered");
    this.#reportedAt = this.#options.clock.now();
    this.#adopt(node);
    this.#tellReady(undefined, node);
  }

  #adopt(node: Node): void {
    this.#current = node;
    this.#options.onRegistered(node);
  }

  /** Events NodeReady and NodeNotReady, on a change. */
  #tellReady(before: Node | undefined, after: Node): void {
    const ready = readyOf(after);
    if (readyOf(before) === ready) return;
    const { name = "", uid = "" } = after.metadata ?? {};
    const reason = ready ? "NodeReady" : "NodeNotReady";
    const target = { kind: "Node", namespace: "", name, uid } as const;
    this.#options.events.record({ target, type: "Normal", reason, message: `Node ${name} status is now: ${reason}` });
    this.#options.logger.info({ ready }, "node readiness changed");
  }
}
