/** Folders of their own for tests. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

/** Removed with all that is in it when disposed of. */
export interface TempFolder extends Disposable {
  readonly path: string;
  /** Path of a name in it. */
  at(name: string): string;
}

/** Makes an empty folder that only its owner can enter; its path is short enough for sockets. */
export function createTempFolder(): TempFolder {
  const folder = mkdtempSync(path.join(tmpdir(), "outboard-"));
  return {
    path: folder,
    at: (name) => path.join(folder, name),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}
