/** A defect: one mistake of a tired author, put over the sound provider from outside. The sound code knows nothing of it. */
import type { Clock, Guard, PodProvider } from "@outboard/provider-sdk";
import type { Pods } from "../pods.js";
import type { Store } from "../store.js";

/** What a defect may look at. */
export interface Surroundings {
  readonly clock: Clock;
  readonly pods: Pods;
}

/** What a defect changes; what is absent stays sound. */
export interface Defect {
  readonly store?: (sound: Store) => Store;
  readonly provider?: (sound: PodProvider, around: Surroundings) => Partial<PodProvider>;
  readonly guard?: () => Guard;
  /** Breaks something that all of the process shares. */
  readonly install?: () => void;
}

/** What is served, with the defect in it. */
export function spoiled(sound: PodProvider, { provider }: Defect, around: Surroundings): PodProvider {
  return provider === undefined ? sound : overlaid(sound, provider(sound, around));
}

/** One guard after the other. */
export function guardedBy(first: Guard, { guard }: Defect): Guard {
  const second = guard?.();
  return async (context) => {
    await first(context);
    await second?.(context);
  };
}

function overlaid(sound: PodProvider, over: Partial<PodProvider>): PodProvider {
  return new Proxy(sound, {
    get: (target, key) => {
      const value: unknown = Reflect.get(over, key) ?? Reflect.get(target, key);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
}
