/**
 * The node's Lease: heartbeat as the kubelet's (40 s, renewed every 10 s), and the lock of the node. `leaseTransitions` is
 * the fencing number: each gateway process raises it once when it takes the node over.
 */
import type { Logger } from "pino";
import type { Lease, Node } from "../../domain/kubernetes.js";
import type { Clock } from "../../ports/clock.js";
import type { LeaseWriter } from "../../ports/node.js";
import { SessionEndedError } from "../session-ended.js";
import type { EventMark } from "../event-mark.js";
import { eventsToldOf, type Holder, isHeldBy, leaseFor, transitionsOf } from "./lease-object.js";

const RENEW_MS = 10_000;
const RENEW_RETRY_MS = 1_000;
const ACQUIRE_RETRY_MS = { first: 200, longest: 7_000 };

/** What keeping the Lease needs. */
export interface LeaseOptions extends Holder {
  readonly writer: LeaseWriter;
  /** The registered Node: owner of the Lease; undefined before the registration. */
  readonly node: () => Node | undefined;
  readonly clock: Clock;
  /** Kept in the Lease from one process to the next. */
  readonly eventMark?: EventMark;
  readonly logger: Logger;
}

/** The Lease of this process. */
export class LeaseKeeper {
  readonly #options: LeaseOptions;
  #held: Lease | undefined;
  #number = 0n;
  #wake = Promise.withResolvers<void>();

  constructor(options: LeaseOptions) {
    this.#options = options;
  }

  /** The fencing number. */
  current(): bigint {
    return this.#number;
  }

  /** Makes the owner right at once, not only at the next renewal. */
  renewNow(): void {
    this.#wake.resolve();
  }

  /** Takes the node over; resolves once this process holds the Lease. Tries for ever. */
  async acquire(signal: AbortSignal): Promise<void> {
    const { writer, clock, logger } = this.#options;
    for (let delayMs = ACQUIRE_RETRY_MS.first; ; delayMs = Math.min(ACQUIRE_RETRY_MS.longest, 2 * delayMs)) {
      try {
        const found = await writer.get(signal);
        this.#held = await this.#takeOver(found, 0n, signal);
        if (this.#held !== undefined) return this.#options.eventMark?.start(eventsToldOf(found));
      } catch (error) {
        signal.throwIfAborted();
        logger.debug({ err: error }, "could not take the lease, will retry");
      }
      await clock.sleep(delayMs, signal);
    }
  }

  /** Renews until the signal aborts. @throws SessionEndedError when another process has taken over */
  async run(signal: AbortSignal): Promise<void> {
    let waitMs = this.#jittered();
    while (!signal.aborted) {
      await Promise.race([this.#options.clock.sleep(waitMs, signal).catch(() => {}), this.#wake.promise]);
      this.#wake = Promise.withResolvers<void>();
      if (!signal.aborted) waitMs = (await this.#renewed(signal)) ? this.#jittered() : RENEW_RETRY_MS;
    }
  }

  /** Raises the number above one that the provider has seen; false: another process holds the Lease. */
  async raiseAbove(above: bigint, signal: AbortSignal): Promise<boolean> {
    const found = await this.#options.writer.get(signal);
    if (found !== undefined && !isHeldBy(this.#options, found)) return false;
    const taken = await this.#takeOver(found, above, signal);
    if (taken === undefined) return false;
    this.#held = taken;
    this.#options.logger.info({ fencing: String(this.#number) }, "raised the fencing number above the provider's");
    return true;
  }

  /** undefined: somebody else was faster. */
  async #takeOver(found: Lease | undefined, above: bigint, signal: AbortSignal): Promise<Lease | undefined> {
    const next =
      [this.#number, above, transitionsOf(found)].reduce((left, right) => (left > right ? left : right)) + 1n;
    const taken = await this.#write(found, next, signal);
    if (taken !== undefined) this.#number = next;
    return taken;
  }

  async #renewed(signal: AbortSignal): Promise<boolean> {
    try {
      const found = this.#held ?? (await this.#read(signal));
      this.#held = await this.#write(found, this.#number, signal);
      return this.#held !== undefined;
    } catch (error) {
      if (error instanceof SessionEndedError) throw error;
      this.#held = undefined; // a conflict or an unknown outcome: read again
      if (!signal.aborted) this.#options.logger.debug({ err: error }, "lease not renewed, will retry");
      return false;
    }
  }

  async #read(signal: AbortSignal): Promise<Lease | undefined> {
    const found = await this.#options.writer.get(signal);
    if (found === undefined || isHeldBy(this.#options, found)) return found;
    throw new SessionEndedError("SESSION_SUPERSEDED", "a newer gateway has taken over this node");
  }

  #write(found: Lease | undefined, transitions: bigint, signal: AbortSignal): Promise<Lease | undefined> {
    const { writer, clock, node, eventMark } = this.#options;
    const eventsTold = eventMark?.value();
    const lease = leaseFor(this.#options, found, { transitions, node: node(), now: clock.now(), eventsTold });
    return found === undefined ? writer.create(lease, signal) : writer.replace(lease, signal);
  }

  /** The kubelet's jitter. */
  #jittered(): number {
    return RENEW_MS * (1 + Math.random() * 0.04);
  }
}
