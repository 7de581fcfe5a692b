/** Waiting for an engine that may not answer: a container that is being started or ended is locked there. */
import type { Clock } from "@outboard/provider-sdk";

/** How long one container may keep the others waiting. */
const PATIENCE_MS = 3000;

/** The answer, or undefined if it takes longer. It is then awaited no more, and its failure is nobody's. */
export async function unlessLate<Value>(clock: Clock, answer: Promise<Value>): Promise<Value | undefined> {
  let cancel = (): void => {};
  const late = new Promise<undefined>((resolve) => (cancel = clock.after(PATIENCE_MS, () => resolve(undefined))));
  try {
    return await Promise.race([answer, late]);
  } finally {
    cancel();
  }
}
