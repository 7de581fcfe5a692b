/**
 * The simulated backend at work: holds every pod's state, lets it run on as time goes by, publishes each change and keeps
 * it in the store. One timer per pod at most, all of them on the clock's one heap.
 */
import type { PodInputs } from "@outboard/contract";
import type { Clock, ProviderHost } from "@outboard/provider-sdk";
import { toEvent } from "@outboard/provider-sdk";
import type { DeathRow } from "./death-row.js";
import { AddressPool } from "./address-pool.js";
import { nextDue, type SimEvent } from "./simulation/next.js";
import { observe } from "./simulation/observe.js";
import type { SimPod } from "./simulation/state.js";
import type { Store } from "./store.js";

/** A pod with what is not part of its simulation. */
export interface HeldPod {
  readonly state: SimPod;
  readonly inputs: PodInputs;
}

interface Slot {
  held: HeldPod;
  cancel: () => void;
}

/** What the pods need. */
export interface PodsParts {
  readonly clock: Clock;
  readonly store: Store;
  readonly death: DeathRow;
}

/** All simulated pods. */
export class Pods {
  readonly #slots = new Map<string, Slot>();
  readonly #parts: PodsParts;
  readonly #addresses = new AddressPool();
  readonly #watchers = new Set<(uid: string) => void>();
  #host: ProviderHost | undefined;
  /** While the backend is away nothing is published. */
  #isAway = false;
  #wave = 0;

  constructor(parts: PodsParts) {
    this.#parts = parts;
  }

  /** Begins to publish; pods that were stored go on. */
  open(host: ProviderHost, stored: readonly HeldPod[]): void {
    this.#host = host;
    for (const held of stored) {
      if (held.state.ip !== "") this.#addresses.reserve(held.state.ip);
      this.put(held.state.uid, held);
    }
  }

  get(uid: string): HeldPod | undefined {
    return this.#slots.get(uid)?.held;
  }

  all(): Iterable<HeldPod> {
    return [...this.#slots.values()].map(({ held }) => held);
  }

  get size(): number {
    return this.#slots.size;
  }

  /** Stores a pod's new state, publishes it, and lets it run on. */
  put(uid: string, held: HeldPod, events: readonly SimEvent[] = []): void {
    this.#slots.get(uid)?.cancel();
    this.#slots.set(uid, { held, cancel: () => {} });
    this.#settle(uid, held, events);
    this.#runOn(uid);
  }

  /** Replaces the inputs only. */
  setInputs(uid: string, inputs: PodInputs): void {
    const slot = this.#slots.get(uid);
    if (slot !== undefined) slot.held = { ...slot.held, inputs };
  }

  remove(uid: string): void {
    const slot = this.#slots.get(uid);
    if (slot === undefined) return;
    slot.cancel();
    this.#addresses.free(slot.held.state.ip);
    this.#slots.delete(uid);
    this.#parts.store.remove(uid);
    this.#tell(uid);
  }

  /** Takes the backend away, or gives it back: then everything is published as it is by now. */
  setAway(isAway: boolean): void {
    this.#isAway = isAway;
    if (!isAway) for (const { held } of this.#slots.values()) this.#publish(held);
  }

  /** Publishes every pod with a backend id that changes each time: new to a watch, and of no meaning. */
  flood(): void {
    this.#wave += 1;
    const now = this.#parts.clock.now();
    for (const { held } of this.#slots.values()) {
      const observation = observe(held.state, now);
      this.#host?.publish({ ...observation, backendId: `${observation.backendId}#${this.#wave}` });
    }
  }

  /** Stops every timer. */
  close(): void {
    for (const slot of this.#slots.values()) slot.cancel();
  }

  /** Calls back at each change of the pod. */
  watch(listener: (uid: string) => void): Disposable {
    this.#watchers.add(listener);
    return { [Symbol.dispose]: () => void this.#watchers.delete(listener) };
  }

  #runOn(uid: string): void {
    const slot = this.#slots.get(uid);
    if (slot === undefined) return;
    const { clock, death } = this.#parts;
    for (let due = nextDue(slot.held.state); due !== undefined; due = nextDue(slot.held.state)) {
      const wait = due.at - clock.now();
      if (wait > 0) {
        slot.cancel = clock.after(wait, () => this.#runOn(uid));
        return;
      }
      const before = slot.held.state;
      const { pod, events } = due.take();
      if (hasNewEnd(before, pod)) death.pass("EXIT_BEFORE_STORE");
      slot.held = { ...slot.held, state: this.#address(pod) };
      this.#settle(uid, slot.held, events);
    }
  }

  #settle(uid: string, held: HeldPod, events: readonly SimEvent[]): void {
    this.#parts.store.save(held);
    this.#publish(held);
    for (const { container, ...text } of events) this.#host?.event(toEvent(held.state, container, text, held.state.at));
    this.#tell(uid);
  }

  #publish({ state }: HeldPod): void {
    if (!this.#isAway) this.#host?.publish(observe(state, this.#parts.clock.now()));
  }

  #address(pod: SimPod): SimPod {
    if (pod.sandbox !== "ready" || pod.ip !== "") return pod;
    return { ...pod, ip: this.#addresses.take() };
  }

  #tell(uid: string): void {
    for (const watcher of this.#watchers) watcher(uid);
  }
}

function hasNewEnd(before: SimPod, after: SimPod): boolean {
  return after.containers.some(
    ({ now }, index) => now.kind === "ended" && before.containers[index]?.now.kind === "running",
  );
}
