/** The pod's /etc/hosts and /etc/resolv.conf: files in the pod's folder that its containers see. */
import { chmodSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { SandboxSpec } from "@outboard/provider-sdk";

const FOLDER = "docker";
const FILES = [
  { name: "hosts", target: "/etc/hosts" },
  { name: "resolv.conf", target: "/etc/resolv.conf" },
] as const;

export function writePodFiles(spec: SandboxSpec, addresses: readonly string[]): void {
  const folder = join(spec.folder, FOLDER);
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  write(join(folder, "hosts"), spec.hostsFile(addresses));
  if (spec.resolvConf !== undefined) write(join(folder, "resolv.conf"), spec.resolvConf);
}

/** Those that there are. Without a folder, none. */
export function podFiles(folder: string): readonly { readonly source: string; readonly target: string }[] {
  if (folder === "") return [];
  return FILES.map(({ name, target }) => ({ source: join(folder, FOLDER, name), target })).filter(({ source }) =>
    existsSync(source),
  );
}

/** Any user of a container may read them, whatever this process masks. */
function write(path: string, text: string): void {
  writeFileSync(path, text);
  chmodSync(path, 0o644);
}
