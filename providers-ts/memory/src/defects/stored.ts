/** Defects of what is kept over a crash. They need --state. */
import { losePod } from "../simulation/ending.js";
import type { HeldPod } from "../pods.js";
import type { Store } from "../store.js";
import type { Defect } from "./defect.js";

/** By name. */
export const STORED_DEFECTS: Readonly<Record<string, Defect>> = {
  "forgets-pods": { store: (sound) => ({ ...sound, load: () => [] }) },
  "ends-pods-at-a-crash": { store: (sound) => loaded(sound, lost) },
  "forgets-ended-pods": { store: (sound) => ({ ...sound, load: () => sound.load().filter(isAlive) }) },
  "forgets-exit-codes": { store: (sound) => loaded(sound, withoutExitCodes) },
  "forgets-stops": { store: (sound) => ({ ...sound, save: (held) => void (isStopping(held) || sound.save(held)) }) },
  "keeps-released-pods": { store: (sound) => ({ ...sound, remove: () => {} }) },
  "needs-inputs-for-ever": {
    store: (sound) => loaded(sound, (held) => ({ ...held, state: { ...held.state, needsInputs: true } })),
    provider: (sound, { pods }) => ({
      createPod: async (order) =>
        pods.get(order.uid) === undefined ? await sound.createPod(order) : { backendId: order.uid },
    }),
  },
};

function loaded(sound: Store, change: (held: HeldPod) => HeldPod): Store {
  return { ...sound, load: () => sound.load().map((held) => change(held)) };
}

function isAlive({ state }: HeldPod): boolean {
  return state.stage !== "ended";
}

function isStopping({ state }: HeldPod): boolean {
  return state.stage === "stopping";
}

function lost(held: HeldPod): HeldPod {
  return isAlive(held) ? { ...held, state: losePod(held.state, held.state.at).pod } : held;
}

function withoutExitCodes(held: HeldPod): HeldPod {
  const containers = held.state.containers.map((container) => {
    if (container.now.kind !== "ended") return container;
    const ended = { ...container.now.ended, exitCode: 0 };
    return { ...container, now: { ...container.now, ended } };
  });
  return { ...held, state: { ...held.state, containers } };
}
