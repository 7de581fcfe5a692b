/** What a provider says about the host that it runs on. */
import { readFileSync } from "node:fs";
import { arch, networkInterfaces, release } from "node:os";
import type { NodeState } from "@outboard/contract";

/** Names of processors in Kubernetes, by those of Node.js and of uname. */
const ARCHITECTURES: Readonly<Record<string, string>> = {
  x64: "amd64",
  x86_64: "amd64",
  ia32: "386",
  i686: "386",
  aarch64: "arm64",
  armv7l: "arm",
};
/** Bridges and pairs that engines and providers make. */
const OF_ENGINES = /^(?:docker|br-|veth|podman|cni|ob)/;

/** The part of a node's state that is the same for every provider whose pods run on this host. */
export function hostState(): Pick<NodeState, "operatingSystem" | "architecture" | "kernelVersion" | "osImage"> {
  return {
    operatingSystem: "linux",
    architecture: architectureName(arch()),
    kernelVersion: release(),
    osImage: osImageOf("/etc/os-release"),
  };
}

/** As Kubernetes names it: amd64 for x64 and x86_64. An unknown name stays. */
export function architectureName(name: string): string {
  return ARCHITECTURES[name] ?? name;
}

/** Addresses of this host that others can reach: the one behind the default route. Loopback only where there is no other. */
export function hostAddresses(): readonly string[] {
  const all = Object.entries(networkInterfaces()).flatMap(([name, list]) =>
    (list ?? []).map((one) => ({ ...one, name })),
  );
  const usable = all.filter(({ family, internal }) => family === "IPv4" && !internal);
  const outward = defaultInterface(readText("/proc/net/route"));
  const best = usable.find(({ name }) => name === outward) ?? usable.find(({ name }) => !OF_ENGINES.test(name));
  return [best?.address ?? "127.0.0.1"];
}

/** Name of the interface of the default route, from /proc/net/route. */
export function defaultInterface(routes: string): string | undefined {
  const lines = routes.split("\n").map((line) => line.split("\t"));
  return lines.find(([, target, , , , , , mask]) => target === "00000000" && mask === "00000000")?.[0];
}

/** What the system calls itself; "" where it does not say. */
export function osImageOf(file: string): string {
  return /^PRETTY_NAME="?([^"\n]*)/m.exec(readText(file))?.[1] ?? "";
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
