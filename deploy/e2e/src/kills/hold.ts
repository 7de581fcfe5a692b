// Something that waits until it is let go, so that a kill lands in the middle of it.

import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Hold } from "@outboard/runtimes";

/** A script in a container waits while the file is there; it tells that it does by a line in another file. */
export function fileHold(folder: string, name: string): Hold {
  const file = join(folder, `hold-${name}`);
  return {
    arm: () => writeFileSync(file, ""),
    isReached: () => existsSync(join(folder, name)),
    release: () => rmSync(file, { force: true }),
  };
}

/** Nothing waits. */
export const NO_HOLD: Hold = { arm: () => {}, isReached: () => true, release: () => {} };

/** Shell text that tells `name` in /count and waits there while the test holds it. */
export function waitInShell(name: string): string {
  return `echo x >>/count/${name}; while [ -e /count/hold-${name} ]; do sleep 0.1; done`;
}
