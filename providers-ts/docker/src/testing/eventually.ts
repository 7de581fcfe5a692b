/** Waiting in tests. */

const TRIES = 400;
const PAUSE_MS = 25;

/** Polls until there is a value; throws after ten seconds. */
export async function eventually<Value>(look: () => Value | undefined | Promise<Value | undefined>): Promise<Value> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const value = await look();
    if (value !== undefined && value !== false) return value;
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  throw new Error("waited in vain");
}
