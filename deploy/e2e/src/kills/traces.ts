// Everything that a pod leaves on a machine while it is there: containers, shims, networks, addresses, mounts, control
// groups, packet rules, files of the provider. Compared before a pod and after it.

import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Engine } from "./engine.js";
import { busyShims, shims } from "./shims.js";

const run = promisify(execFile);
const CGROUPS = "/sys/fs/cgroup";

export interface TracePlaces {
  readonly engine: Engine;
  /** Of the provider. */
  readonly stateFolder: string;
}

/** One line each. Networks of dockerd show as mounts: it removes the files under them a minute later. */
export async function findTraces({ engine, stateFolder }: TracePlaces): Promise<ReadonlySet<string>> {
  const links = (await output("ip", ["-o", "link", "show", "type", "veth"])).map(
    (line) => line.split(/[:@ ]+/)[1] ?? "",
  );
  const rules = (await output("iptables-save", [])).filter((line) => line.startsWith("-A"));
  const runcStates = [
    "/run/containerd/runc/k8s.io",
    "/run/docker/runtime-runc/moby",
    join(engine.folder, "exec/runtime-runc/moby"),
  ];
  return new Set([
    ...named("runtime", await engine.everything()),
    ...named("shim", shims()),
    ...named("busy shim", busyShims()),
    ...named("runc state", runcStates.flatMap(entries)),
    ...named("netns", entries("/run/netns")),
    ...named("link", links),
    ...named("address", entries(join(engine.folder, "cni-state/pods"))),
    ...named("mount", mounts()),
    ...named("control group", folders(CGROUPS)),
    ...named("rule", rules),
    ...named("file", tree(stateFolder)),
  ]);
}

function named(what: string, items: readonly string[]): string[] {
  return items.map((item) => `${what} ${item}`);
}

async function output(command: string, args: readonly string[]): Promise<string[]> {
  const { stdout } = await run(command, args);
  return stdout.split("\n").filter((line) => line !== "");
}

function mounts(): string[] {
  return read("/proc/self/mounts")
    .split("\n")
    .map((line) => line.split(" ")[1] ?? "");
}

/** Of folders below it, at any depth. */
function folders(root: string): string[] {
  return list(root).flatMap((entry) => {
    const path = join(root, entry.name);
    return entry.isDirectory() ? [path, ...folders(path)] : [];
  });
}

function tree(root: string): string[] {
  return list(root).flatMap((entry) => {
    const path = join(root, entry.name);
    return entry.isDirectory() ? [path, ...tree(path)] : [path];
  });
}

function entries(folder: string): string[] {
  return list(folder).map(({ name }) => name);
}

function list(folder: string): { readonly name: string; isDirectory(): boolean }[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
