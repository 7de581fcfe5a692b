/**
 * The node's Lease: heartbeat as the kubelet's (40 s, renewed every 10 s), and the lock of the node. `leaseTransitions` is
 * the fencing number: each gateway process raises it once when it takes the node over.
 */
import type { Logger } from "pino";
import { microTime } from "../../domain/kube-time.js";
import type { Lease, Node } from "../../domain/kubernetes.js";
import type { Clock } from "../../ports/clock.js";
import type { LeaseWriter } from "../../ports/node.js";
import { SessionEndedError } from "../session-ended.js";

const LEASE_SECONDS = 40;
const RENEW_MS = 10_000;
const RETRY_MS = { first: 200, longest: 7_000 };
const INSTANCE = "outboard.dev/instance";
const NAMESPACE = "kube-node-lease";

/** What keeping the Lease needs. */
export interface LeaseOptions {
  readonly writer: LeaseWriter;
  readonly nodeName: string;
  /** Random id of this process. */
  readonly instanceId: string;
  /** The registered Node: owner of the Lease; undefined before the registration. */
  readonly node: () => Node | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The Lease of this process. */
export interface LeaseKeeper {
  /** Takes the node over; resolves once this process holds the Lease. Tries for ever. */
  acquire(signal: AbortSignal): Promise<void>;
  /** Renews until the signal aborts. @throws SessionEndedError when another process has taken over */
  run(signal: AbortSignal): Promise<void>;
  /** The fencing number. */
  current(): bigint;
  /** Raises the number above one that the provider has seen; false: another process holds the Lease. */
  raiseAbove(highest: bigint, signal: AbortSignal): Promise<boolean>;
  /** Makes the owner right at the next renewal, at once. */
  renewNow(): void;
}

/** Creates the keeper; nothing is sent before acquire(). */
export function createLeaseKeeper(options: LeaseOptions): LeaseKeeper {
  const { writer, clock, logger, instanceId } = options;
  let held: Lease | undefined;
  let number = 0n;
  let wake = Promise.withResolvers<void>();

  async function acquire(signal: AbortSignal): Promise<void> {
    for (let delayMs = RETRY_MS.first; ; delayMs = Math.min(RETRY_MS.longest, 2 * delayMs)) {
      try {
        held = await takeOver(await writer.get(signal), 0n, signal);
        if (held !== undefined) return;
      } catch (error) {
        signal.throwIfAborted();
        logger.debug({ err: error }, "could not take the lease, will retry");
      }
      await clock.sleep(delayMs, signal);
    }
  }

  /** undefined: somebody else was faster. */
  async function takeOver(found: Lease | undefined, above: bigint, signal: AbortSignal): Promise<Lease | undefined> {
    const next = highest(number, above, BigInt(found?.spec?.leaseTransitions ?? 0)) + 1n;
    const wanted = leaseOf(found, next);
    const taken = found === undefined ? await writer.create(wanted, signal) : await writer.replace(wanted, signal);
    if (taken !== undefined) number = next;
    return taken;
  }

  async function run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await Promise.race([clock.sleep(RENEW_MS * (1 + Math.random() * 0.04), signal).catch(() => {}), wake.promise]);
      wake = Promise.withResolvers<void>();
      if (!signal.aborted) await renew(signal);
    }
  }

  async function renew(signal: AbortSignal): Promise<void> {
    try {
      held = held === undefined ? await renewFresh(signal) : await writer.replace(leaseOf(held, number), signal);
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof SessionEndedError) throw error;
      held = undefined; // a conflict or an unknown outcome: read again
      logger.debug({ err: error }, "lease not renewed, will retry");
      wake.resolve(clock.sleep(1_000, signal).catch(() => {}));
    }
  }

  async function renewFresh(signal: AbortSignal): Promise<Lease | undefined> {
    const found = await writer.get(signal);
    if (found === undefined) return await writer.create(leaseOf(undefined, number), signal);
    if (!isOurs(found)) throw new SessionEndedError("SESSION_SUPERSEDED", "a newer gateway has taken over this node");
    return await writer.replace(leaseOf(found, number), signal);
  }

  async function raiseAbove(above: bigint, signal: AbortSignal): Promise<boolean> {
    const found = await writer.get(signal);
    if (found !== undefined && !isOurs(found)) return false;
    const taken = await takeOver(found, above, signal);
    if (taken === undefined) return false;
    held = taken;
    logger.info({ fencing: String(number) }, "raised the fencing number above the provider's");
    return true;
  }

  function isOurs(lease: Lease): boolean {
    return lease.metadata?.annotations?.[INSTANCE] === instanceId;
  }

  function leaseOf(found: Lease | undefined, transitions: bigint): Lease {
    const owner = ownerOf(options.node());
    const { metadata } = found ?? {};
    return {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: {
        ...metadata,
        name: options.nodeName,
        namespace: NAMESPACE,
        annotations: { ...metadata?.annotations, [INSTANCE]: instanceId },
        ...(owner === undefined ? {} : { ownerReferences: [owner] }),
      },
      spec: {
        ...found?.spec,
        holderIdentity: options.nodeName,
        leaseDurationSeconds: LEASE_SECONDS,
        leaseTransitions: Number(transitions),
        renewTime: microTime(clock.now()),
      },
    };
  }

  return { acquire, run, raiseAbove, current: () => number, renewNow: () => wake.resolve() };
}

function ownerOf(node: Node | undefined) {
  const { name, uid } = node?.metadata ?? {};
  return name === undefined || uid === undefined ? undefined : { apiVersion: "v1", kind: "Node", name, uid };
}

function highest(...numbers: readonly bigint[]): bigint {
  return numbers.reduce((left, right) => (left > right ? left : right));
}
