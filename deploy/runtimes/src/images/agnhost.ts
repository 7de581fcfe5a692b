// What the agnhost image has beside the program: accounts, a few tools with their libraries, a certificate for localhost.

import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { busyboxLayer } from "./busybox.js";
import { createLayer, type Layer } from "./layer.js";

const TOOLS = ["bash", "curl", "socat"];
const USER = "user-defined-in-image:x:1000:1000:Linux User,,,:/home/user-defined-in-image:/bin/sh\n";
const GROUPS = "user-defined-in-image:x:1000:\ngroup-defined-in-image:x:50000:user-defined-in-image\n";

/** The system below it. */
export function agnhostBase(): Layer {
  const layer = busyboxLayer({ passwd: USER, group: GROUPS });
  layer.folder("uploads");
  layer.folder("home/user-defined-in-image", { uid: 1000, gid: 1000 });
  const tools = TOOLS.map((name) => `/usr/bin/${name}`).filter((file) => existsSync(file));
  for (const tool of tools) layer.file(tool.slice(1), readFileSync(realpathSync(tool)), { mode: 0o755 });
  for (const library of new Set(tools.flatMap(librariesOf))) addLibrary(layer, library);
  if (existsSync("/usr/bin/bash")) layer.link("bin/bash", "/usr/bin/bash");
  return layer;
}

export function agnhostProgram(agnhost: string, kubernetesSource: string): Layer {
  const layer = createLayer();
  layer.file("agnhost", readFileSync(agnhost), { mode: 0o755 });
  layer.link("agnhost-2", "agnhost");
  const porter = join(kubernetesSource, "test", "images", "agnhost", "porter");
  for (const name of ["localhost.crt", "localhost.key"]) layer.file(name, readFileSync(join(porter, name)));
  return layer;
}

function librariesOf(program: string): string[] {
  const text = execFileSync("ldd", [realpathSync(program)], { encoding: "utf8" });
  return text.split("\n").flatMap((line) => line.split(/\s+/).find((word) => word.startsWith("/")) ?? []);
}

function addLibrary(layer: Layer, library: string): void {
  const parents: string[] = [];
  for (let at = dirname(library); at !== "/"; at = dirname(at)) parents.unshift(at.slice(1));
  for (const parent of parents) layer.folder(parent);
  layer.file(library.slice(1), readFileSync(realpathSync(library)), { mode: 0o755 });
}
