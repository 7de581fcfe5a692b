// A real podman service in a folder of its own, inside an enclosure: the Docker Engine API and podman's own on one socket.

import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { startDaemon } from "./daemon.js";
import type { DockerOptions, DockerRuntime } from "./dockerd.js";
import { mustBeEnclosed } from "./enclosure.js";
import { clearFolder } from "./folder.js";
import { REGISTRY_HOSTS, routeRegistryHosts } from "./registry-names.js";
import { pings } from "./unix-http.js";

export type PodmanOptions = Pick<DockerOptions, "registry" | "folder">;

const PODMAN = "/usr/bin/podman";
const run = promisify(execFile);

/** Answers when it serves its API. @throws RuntimesError outside of an enclosure, or when it does not come up */
export async function startPodman(options: PodmanOptions = {}): Promise<DockerRuntime> {
  mustBeEnclosed("podman");
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), "podman-"));
  mkdirSync(join(folder, "networks"), { recursive: true });
  if (options.registry !== undefined) await routeRegistryHosts(options.registry);
  const socket = join(folder, "podman.sock");
  const logFile = join(folder, "podman.log");
  const env = { ...process.env, ...writeConfig(folder) };
  const flags = podmanFlags(folder);
  const args = [...flags, "system", "service", "--time", "0", `unix://${socket}`];
  const isReady = async (): Promise<boolean> => pings(socket);
  const daemon = await startDaemon({ name: "podman", command: PODMAN, args, env, logFile, isReady });
  const command = async (...words: readonly string[]): Promise<string> => {
    const { stdout } = await run(PODMAN, [...flags, ...words], { env, cwd: folder, maxBuffer: 1 << 24 });
    return stdout;
  };
  const close = async (): Promise<void> => {
    await command("rm", "--all", "--force", "--time", "0").catch(() => undefined);
    await daemon.stop();
    await clearFolder(folder);
    await clearFolder(runRoot(folder));
    rmSync(runRoot(folder), { recursive: true, force: true, maxRetries: 5 });
    if (options.folder === undefined) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  return { ...daemon, folder, socket, logFile, command, close, [Symbol.asyncDispose]: close };
}

/** Podman takes at most 50 characters here; /run of the enclosure is private. */
function runRoot(folder: string): string {
  return join("/run", basename(folder));
}

function podmanFlags(folder: string): string[] {
  const flags = {
    root: join(folder, "root"),
    runroot: runRoot(folder),
    tmpdir: join(folder, "tmp"),
    volumepath: join(folder, "volumes"),
    "network-config-dir": join(folder, "networks"),
    "storage-driver": "overlay",
    runtime: "runc",
    "cgroup-manager": "cgroupfs",
    "events-backend": "file",
  };
  return Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value]);
}

/** The files that have no flag; answers the variables that name them. */
function writeConfig(folder: string): Readonly<Record<string, string>> {
  const containers = join(folder, "containers.conf");
  const registries = join(folder, "registries.conf");
  writeFileSync(containers, '[network]\nnetwork_backend = "cni"\ncni_plugin_dirs = ["/usr/lib/cni"]\n');
  writeFileSync(registries, registriesConf());
  return { CONTAINERS_CONF: containers, CONTAINERS_REGISTRIES_CONF: registries };
}

function registriesConf(): string {
  const tables = REGISTRY_HOSTS.map((host) => `[[registry]]\nlocation = "${host}"\ninsecure = true\n`);
  return `unqualified-search-registries = ["docker.io"]\n${tables.join("")}`;
}
