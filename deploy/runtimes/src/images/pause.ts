// The program that holds a sandbox: compiled from its one C file in the Kubernetes module.

import { join } from "node:path";
import { compile } from "./compile.js";
import { createLayer, type Layer } from "./layer.js";

export async function pauseLayer(kubernetesSource: string, signal: AbortSignal): Promise<Layer> {
  const source = join(kubernetesSource, "build", "pause", "linux", "pause.c");
  const layer = createLayer();
  layer.file("pause", await compile(source, ["-DVERSION=3.10.2"], signal), { mode: 0o755 });
  return layer;
}
