/**
 * Notices what ends: by the runtime's events where it has them, and by looking at everything, often without events, now
 * and then with them, and after each loss of the connection.
 */
import { sleep, type Clock, type ContainerExit } from "@outboard/provider-sdk";
import type { CriClient } from "../client/cri-client.js";
import { isUnimplemented } from "../client/errors.js";
import {
  type Container,
  ContainerEventType,
  ContainerState,
  type PodSandbox,
  PodSandboxState,
} from "../gen/runtime/v1/api.js";
import { POD_UID } from "../map/labels.js";
import { exitOf, neverRan } from "../map/status.js";
import { keyOf, type InstanceKey, type Inventory } from "./inventory.js";

const LOOK_MS = 1000;
const LOOK_BESIDE_EVENTS_MS = 5000;
const RECONNECT_MS = 1000;

export interface WatcherHooks {
  onExit(key: InstanceKey, exit: ContainerExit): void;
  /** A sandbox that worked no longer does, and nobody asked for it. */
  onSandboxLost(uid: string): void;
}

export interface WatcherTools {
  readonly client: CriClient;
  readonly inventory: Inventory;
  readonly clock: Clock;
}

export class Watcher {
  readonly #tools: WatcherTools;
  readonly #hooks: WatcherHooks;
  /** Ids of instances whose end was told. */
  #told = new Set<string>();
  /** Sandboxes that work: id to the pod's UID. */
  readonly #ready = new Map<string, string>();
  #hasEvents = false;
  #hasNews = false;
  #wake = (): void => {};

  constructor(tools: WatcherTools, hooks: WatcherHooks) {
    this.#tools = tools;
    this.#hooks = hooks;
  }

  /** Until the signal is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([this.#follow(signal), this.#lookAgain(signal)]);
  }

  /** Tells the end of one instance, if it has ended. */
  async check(containerId: string, signal: AbortSignal): Promise<void> {
    const status = await this.#tools.inventory.status(containerId, signal);
    const exit = status === undefined ? undefined : exitOf(status);
    const key = status === undefined ? undefined : keyOf(status);
    if (status === undefined || exit === undefined || key === undefined) return;
    this.#told.add(containerId);
    if (!neverRan(status)) this.#hooks.onExit(key, exit);
  }

  /** Looks soon. */
  poke(): void {
    this.#hasNews = true;
    this.#wake();
  }

  /** The end of this sandbox is news. */
  expectSandbox(id: string, uid: string): void {
    this.#ready.set(id, uid);
  }

  /** Nobody need hear of the end of this sandbox. */
  forgetSandbox(id: string): void {
    this.#ready.delete(id);
  }

  async #follow(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#readEvents(signal);
      } catch (error) {
        this.#hasEvents = false;
        if (signal.aborted || isUnimplemented(error)) return;
      }
      await sleep(this.#tools.clock, RECONNECT_MS, signal).catch(() => {});
      this.poke();
    }
  }

  /** What happened while nobody listened is found by looking. */
  async #readEvents(signal: AbortSignal): Promise<void> {
    for await (const event of this.#tools.client.runtime.getContainerEvents({}, { signal })) {
      this.#hasEvents = true;
      if (event.containerEventType !== ContainerEventType.CONTAINER_STOPPED_EVENT) continue;
      const isSandbox = event.containerId === event.podSandboxStatus?.id;
      if (isSandbox) this.poke();
      else await this.check(event.containerId, signal).catch(() => this.poke());
    }
  }

  async #lookAgain(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#hasNews = false;
      // A runtime that does not answer shows in the node's state.
      await this.look(signal).catch(() => {});
      if (!this.#hasNews) await this.#pause(signal);
    }
  }

  async #pause(signal: AbortSignal): Promise<void> {
    const waking = new AbortController();
    this.#wake = () => waking.abort();
    const period = this.#hasEvents ? LOOK_BESIDE_EVENTS_MS : LOOK_MS;
    await sleep(this.#tools.clock, period, AbortSignal.any([signal, waking.signal])).catch(() => {});
  }

  /** Looks at everything once. */
  async look(signal: AbortSignal): Promise<void> {
    const { inventory } = this.#tools;
    const expected = new Map(this.#ready);
    const [containers, sandboxes] = await Promise.all([inventory.containers(signal), inventory.sandboxes(signal)]);
    await Promise.all(
      containers.filter((one) => this.#isNews(one)).map(async ({ id }) => await this.check(id, signal)),
    );
    const ids = new Set(containers.map(({ id }) => id));
    this.#told = new Set([...this.#told].filter((id) => ids.has(id)));
    this.#compare(expected, sandboxes);
  }

  #compare(expected: ReadonlyMap<string, string>, sandboxes: readonly PodSandbox[]): void {
    const ready = sandboxes.filter(({ state }) => state === PodSandboxState.SANDBOX_READY);
    const ids = new Set(ready.map(({ id }) => id));
    for (const [id, uid] of expected) {
      // What was forgotten meanwhile was wanted.
      if (!ids.has(id) && this.#ready.delete(id)) this.#hooks.onSandboxLost(uid);
    }
    for (const { id, labels } of ready) this.#ready.set(id, labels.get(POD_UID) ?? "");
  }

  #isNews({ id, state }: Container): boolean {
    const hasEnded = state === ContainerState.CONTAINER_EXITED || state === ContainerState.CONTAINER_UNKNOWN;
    return hasEnded && !this.#told.has(id);
  }
}
