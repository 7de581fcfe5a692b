/** Pods of nobody's check that come and go beside a run. */
import { CLAUSES } from "../clauses/registry.js";
import { pause } from "../suite/pause.js";
import { Trial } from "../suite/trial.js";
import type { World } from "../suite/world.js";

const PAUSE_MS = 150;
const SKETCH = { containers: [{ behaviour: "pause" }], name: "neighbour" } as const;

/** Makes a pod, ends it, forgets it, again and again until the signal; a session that was taken away is no obstacle. */
export async function comeAndGo(world: World, signal: AbortSignal): Promise<void> {
  const [clause] = CLAUSES;
  if (clause === undefined) return;
  while (!signal.aborted) {
    const trial = new Trial(world, clause, signal);
    await trial
      .runningPod(SKETCH)
      .then(async () => await pause(PAUSE_MS, signal))
      .catch(() => {});
    await trial.clean(AbortSignal.timeout(10_000)).catch(() => []);
    await pause(PAUSE_MS, signal).catch(() => {});
  }
}
