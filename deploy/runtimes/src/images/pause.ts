// The program that holds a sandbox: compiled from its one C file in the Kubernetes module.

import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { createLayer, type Layer } from "./layer.js";

const run = promisify(execFile);

export async function pauseLayer(kubernetesSource: string, signal: AbortSignal): Promise<Layer> {
  const folder = await mkdtemp(join(tmpdir(), "outboard-pause-"));
  try {
    const output = join(folder, "pause");
    const source = join(kubernetesSource, "build", "pause", "linux", "pause.c");
    await run("gcc", ["-static", "-O2", "-s", "-DVERSION=3.10.2", "-o", output, source], { signal });
    const layer = createLayer();
    layer.file("pause", await readFile(output), { mode: 0o755 });
    return layer;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
