/**
 * The simulated backend at work: holds every pod's state, lets it run on as time goes by, publishes each change and keeps
 * it in the store. One timer per pod at most, all of them on the clock's one heap.
 */
import type { ContainerInputs, PodInputs } from "@outboard/contract";
import type { Clock, ProviderHost } from "@outboard/provider-sdk";
import { toEvent } from "@outboard/provider-sdk";
import type { DeathRow } from "./death-row.js";
import { AddressPool, type IpFamily } from "./address-pool.js";
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
  /** By container: the inputs with which its latest instance started. */
  readonly started: Map<string, { readonly starts: number; readonly inputs: ContainerInputs | undefined }>;
}

/** Pods that one wave of a flood publishes. */
const FLOOD_PODS = 100;

/** What the pods need. */
export interface PodsParts {
  readonly clock: Clock;
  readonly store: Store;
  readonly death: DeathRow;
  /** Of the pods' addresses. */
  readonly ipFamily: IpFamily;
}

/** All simulated pods. */
export class Pods {
  readonly #slots = new Map<string, Slot>();
  readonly #parts: PodsParts;
  readonly #addresses: AddressPool;
  readonly #watchers = new Set<(uid: string) => void>();
  #host: ProviderHost | undefined;
  /** While the backend is away nothing is published. */
  #isAway = false;
  #wave = 0;

  constructor(parts: PodsParts) {
    this.#parts = parts;
    this.#addresses = new AddressPool(parts.ipFamily);
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
    const before = this.#slots.get(uid);
    before?.cancel();
    const slot: Slot = { held, cancel: () => {}, started: before?.started ?? new Map() };
    this.#slots.set(uid, slot);
    this.#settle(slot, events);
    this.#runOn(uid);
  }

  /** The inputs with which the latest instance of a container started. */
  startedWith(uid: string, container: string): ContainerInputs | undefined {
    return this.#slots.get(uid)?.started.get(container)?.inputs;
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

  /** Publishes some pods, in turn, with host addresses that change each time: new to a watch, and of no meaning. */
  flood(): void {
    this.#wave += 1;
    const held = [...this.all()];
    for (let count = 0; count < Math.min(held.length, FLOOD_PODS); count += 1) {
      const pod = held[(this.#wave * FLOOD_PODS + count) % held.length];
      if (pod === undefined) continue;
      const hostIps = [`192.0.2.${this.#wave % 250}`];
      this.#host?.publish({ ...observe(pod.state, this.#parts.clock.now()), hostIps });
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
      this.#settle(slot, events);
    }
  }

  #settle(slot: Slot, events: readonly SimEvent[]): void {
    const { held } = slot;
    rememberInputs(slot);
    this.#parts.store.save(held);
    this.#publish(held);
    for (const { container, ...text } of events) this.#host?.event(toEvent(held.state, container, text, held.state.at));
    this.#tell(held.state.uid);
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

function rememberInputs({ held, started }: Slot): void {
  for (const { name, starts } of held.state.containers) {
    if (starts === 0 || started.get(name)?.starts === starts) continue;
    started.set(name, { starts, inputs: held.inputs.containers.find((inputs) => inputs.name === name) });
  }
}

function hasNewEnd(before: SimPod, after: SimPod): boolean {
  return after.containers.some(
    ({ now }, index) => now.kind === "ended" && before.containers[index]?.now.kind === "running",
  );
}
