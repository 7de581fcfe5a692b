/** Waiting in tests. */

const PAUSE_MS = 25;
const PATIENCE_MS = 15_000;

/**
 * Polls until there is a value that is neither undefined nor false, and answers it. @param patienceMs default: fifteen seconds
 * @throws when the time is up
 */
export async function eventually<Value>(
  look: () => Value | undefined | Promise<Value | undefined>,
  patienceMs: number = PATIENCE_MS,
): Promise<Value> {
  for (let tries = 0; tries < patienceMs / PAUSE_MS; tries += 1) {
    const value = await look();
    if (value !== undefined && value !== false) return value;
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  throw new Error("waited in vain");
}
