/** A folder and a umask of its own for one test. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Makes a folder, removed when disposed of. */
export function tempFolder(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), "engine-test-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

/** The umask of a provider's program, until disposed of. */
export function strictUmask(): Disposable {
  const before = process.umask(0o077);
  return { [Symbol.dispose]: () => void process.umask(before) };
}
