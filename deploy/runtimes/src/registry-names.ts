// Makes registry hosts of images lead to our registry, for runtimes that look them up by name: names in /etc/hosts of the
// enclosure, and port 80 of their address redirected. Port 443 is refused, so http is what they use.

import { execFile } from "node:child_process";
import { appendFileSync, readFileSync } from "node:fs";
import { promisify } from "node:util";
import { mustBeEnclosed } from "./enclosure.js";
import type { Registry } from "./registry.js";

const run = promisify(execFile);
const ADDRESS = "127.0.0.77";

/** The hosts that tests name; runtimes must be told that these are insecure. */
export const REGISTRY_HOSTS: readonly string[] = [
  "registry.k8s.io",
  "docker.io",
  "registry-1.docker.io",
  "index.docker.io",
  "gcr.io",
  "private.example.com",
  "private-token.example.com",
];

/** A later registry takes the place of the one before. */
export async function routeRegistryHosts(registry: Pick<Registry, "port">): Promise<void> {
  mustBeEnclosed("the routes of registry hosts");
  const line = `${ADDRESS} ${REGISTRY_HOSTS.join(" ")}\n`;
  if (!readFileSync("/etc/hosts", "utf8").includes(line)) appendFileSync("/etc/hosts", line);
  const rule = ["-p", "tcp", "-d", ADDRESS, "--dport", "80", "-j", "REDIRECT", "--to-ports", String(registry.port)];
  await run("iptables", ["-w", "-t", "nat", "-I", "OUTPUT", "1", ...rule]);
}
