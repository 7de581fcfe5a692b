/** Polls until something is true; for what happens on the other side of a socket. */
import { setTimeout as delay } from "node:timers/promises";

const POLL_MS = 5;
const LIMIT_MS = 3000;

/** Resolves once `check` is true. Rejects after three seconds. */
export async function eventually(what: string, check: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + LIMIT_MS;
  while (!(await check())) {
    if (performance.now() > end) throw new Error(`never came true: ${what}`);
    await delay(POLL_MS);
  }
}

/** Resolves once `value` gave the same answer for a tenth of a second. */
export async function settled(what: string, value: () => number): Promise<number> {
  let last = value();
  let same = 0;
  await eventually(what, () => {
    const now = value();
    same = now === last ? same + 1 : 0;
    last = now;
    return same >= 20;
  });
  return last;
}
