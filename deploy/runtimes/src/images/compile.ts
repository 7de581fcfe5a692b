// Small C programs for images, compiled without any library that an image would have to bring.

import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** The program that gcc makes of one C file. */
export async function compile(source: string, flags: readonly string[], signal: AbortSignal): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), "outboard-compile-"));
  try {
    const output = join(folder, "program");
    await run("gcc", ["-static", "-O2", "-s", ...flags, "-o", output, source], { signal });
    return await readFile(output);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
