/**
 * One provider per state folder. The lock is a name in the kernel's own socket space: it goes with the process, however
 * that ends, and leaves no file.
 */
import { createServer } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

const TRIES = 50;
const PAUSE_MS = 100;

/** Holds the lock until the process ends. Waits a moment for one that is ending; false when another provider stays. */
export async function lockState(tag: string): Promise<boolean> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    if (await tryLock(`\0outboard-docker-${tag}`)) return true;
    await delay(PAUSE_MS);
  }
  return false;
}

function tryLock(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy());
    server.once("error", () => resolve(false));
    server.listen({ path }, () => {
      server.unref();
      resolve(true);
    });
  });
}
