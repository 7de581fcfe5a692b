// The shell of the busybox image: ash, or bash where ash would lose variables.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { compile } from "./compile.js";
import { createLayer, type Layer } from "./layer.js";

const SOURCE = join(import.meta.dirname, "..", "..", "scripts", "sh.c");
const BASH = "/usr/bin/bash-static";

/** Comes over busybox, whose sh it replaces. */
export async function shellLayer(signal: AbortSignal): Promise<Layer> {
  const layer = createLayer();
  layer.folder("bin");
  layer.file("bin/bash", await readFile(BASH), { mode: 0o755 });
  layer.file("bin/sh", await compile(SOURCE, [], signal), { mode: 0o755 });
  return layer;
}
