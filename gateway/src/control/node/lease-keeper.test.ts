import { expect } from "chai";
import { pino } from "pino";
import type { Lease, Node } from "../../domain/kubernetes.js";
import { ApiError } from "../../ports/pods.js";
import type { LeaseWriter } from "../../ports/node.js";
import { createManualClock } from "../../testing/manual-clock.js";
import { SessionEndedError } from "../session-ended.js";
import { EventMark } from "../event-mark.js";
import { LeaseKeeper } from "./lease-keeper.js";

/** A fake of the API server's one Lease: versions, conflicts, and an outage. */
class LeaseStore implements LeaseWriter {
  lease: Lease | undefined;
  version = 0;
  down = false;

  async get(): Promise<Lease | undefined> {
    this.#check();
    return this.lease;
  }

  async create(lease: Lease): Promise<Lease> {
    this.#check();
    if (this.lease !== undefined) throw new ApiError(409, "exists");
    return this.#store(lease);
  }

  async replace(lease: Lease): Promise<Lease | undefined> {
    this.#check();
    if (this.lease === undefined) return undefined;
    if (lease.metadata?.resourceVersion !== this.lease.metadata?.resourceVersion) throw new ApiError(409, "conflict");
    return this.#store(lease);
  }

  #check(): void {
    if (this.down) throw new ApiError(0, "no answer");
  }

  #store(lease: Lease): Lease {
    this.lease = { ...lease, metadata: { ...lease.metadata, resourceVersion: String(++this.version) } };
    return this.lease;
  }
}

describe("LeaseKeeper", () => {
  const logger = pino({ level: "silent" });

  function keeper(store: LeaseStore, instanceId: string, node?: Node) {
    const clock = createManualClock();
    const lease = new LeaseKeeper({ writer: store, nodeName: "n", instanceId, node: () => node, clock, logger });
    const stop = new AbortController();
    return { clock, lease, stop };
  }

  it("creates the Lease with number 1 and the kubelet's 40 seconds", async () => {
    const store = new LeaseStore();
    const { lease, stop } = keeper(store, "one");
    await lease.acquire(stop.signal);
    expect(lease.current()).to.equal(1n);
    expect(store.lease?.spec).to.include({ holderIdentity: "n", leaseDurationSeconds: 40, leaseTransitions: 1 });
  });

  it("raises the number with each process, and the older one ends at its next renewal", async () => {
    const store = new LeaseStore();
    const older = keeper(store, "one");
    await older.lease.acquire(older.stop.signal);
    const running = older.lease.run(older.stop.signal).catch((error: unknown) => error);
    const younger = keeper(store, "two");
    await younger.lease.acquire(younger.stop.signal);
    expect(younger.lease.current()).to.equal(2n);
    await older.clock.advance(11_000);
    await older.clock.advance(1_000);
    expect(await running).to.be.instanceOf(SessionEndedError);
  });

  it("renews every 10 s, and gives the Lease its owner once there is one", async () => {
    const store = new LeaseStore();
    const node: Node = { metadata: { name: "n", uid: "u" } };
    const { lease, clock, stop } = keeper(store, "one", node);
    await lease.acquire(stop.signal);
    const running = lease.run(stop.signal);
    const before = store.lease?.spec?.renewTime;
    await clock.advance(10_500);
    expect(store.lease?.spec?.renewTime).not.to.equal(before);
    expect(store.lease?.metadata?.ownerReferences).to.deep.equal([
      { apiVersion: "v1", kind: "Node", name: "n", uid: "u" },
    ]);
    stop.abort();
    await running;
  });

  it("hands the mark of the events told on to the next process", async () => {
    const store = new LeaseStore();
    const clock = createManualClock();
    const start = async (): Promise<{ mark: EventMark; lease: LeaseKeeper }> => {
      const eventMark = new EventMark({ clock, isIdle: () => true });
      const instanceId = String(store.version);
      const lease = new LeaseKeeper({
        writer: store,
        nodeName: "n",
        instanceId,
        node: () => undefined,
        clock,
        logger,
        eventMark,
      });
      await lease.acquire(new AbortController().signal);
      return { mark: eventMark, lease };
    };
    const { mark, lease } = await start();
    const stop = new AbortController();
    const running = lease.run(stop.signal);
    mark.told(Date.parse("2026-01-01T00:00:00Z"));
    await clock.advance(21_000);
    await clock.advance(1_000);
    stop.abort();
    await running;
    expect((await start()).mark.before).to.equal(Date.parse("2026-01-01T00:00:00Z"));
    expect((await start()).mark.before).to.equal(Date.parse("2026-01-01T00:00:00Z"));
  });

  it("makes a Lease that vanished anew with the number it had, and goes on after an outage", async () => {
    const store = new LeaseStore();
    const { lease, clock, stop } = keeper(store, "one");
    await lease.acquire(stop.signal);
    const running = lease.run(stop.signal);
    store.lease = undefined;
    await clock.advance(10_500);
    await clock.advance(1_500);
    expect((store.lease as Lease | undefined)?.spec?.leaseTransitions).to.equal(1);
    store.down = true;
    await clock.advance(30_000);
    store.down = false;
    const before = (store.lease as Lease | undefined)?.spec?.renewTime;
    await clock.advance(1_500);
    expect((store.lease as Lease | undefined)?.spec?.renewTime).not.to.equal(before);
    stop.abort();
    await running;
  });

  it("raises its number above the provider's only while it holds the Lease", async () => {
    const store = new LeaseStore();
    const first = keeper(store, "one");
    await first.lease.acquire(first.stop.signal);
    expect(await first.lease.raiseAbove(9n, first.stop.signal)).to.equal(true);
    expect(first.lease.current()).to.equal(10n);
    const second = keeper(store, "two");
    await second.lease.acquire(second.stop.signal);
    expect(await first.lease.raiseAbove(11n, first.stop.signal)).to.equal(false);
  });
});
