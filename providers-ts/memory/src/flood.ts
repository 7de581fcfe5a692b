/** The fault mode "flood": every pod's observation changes again and again, without meaning anything. */
import type { Clock } from "@outboard/provider-sdk";
import type { Pods } from "./pods.js";

const EVERY_MS = 20;

/** Floods while it is on. */
export class Flood {
  readonly #pods: Pods;
  readonly #clock: Clock;
  #cancel: (() => void) | undefined;

  constructor(pods: Pods, clock: Clock) {
    this.#pods = pods;
    this.#clock = clock;
  }

  set(isOn: boolean): void {
    this.#cancel?.();
    this.#cancel = isOn ? this.#clock.after(EVERY_MS, () => this.#wave()) : undefined;
  }

  #wave(): void {
    this.#pods.flood();
    this.#cancel = this.#clock.after(EVERY_MS, () => this.#wave());
  }
}
