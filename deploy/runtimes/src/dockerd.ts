// A real dockerd in a folder of its own, inside an enclosure, with the containerd that it starts for itself.

import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Daemon, startDaemon } from "./daemon.js";
import { mustBeEnclosed } from "./enclosure.js";
import { clearFolder } from "./folder.js";
import type { Registry } from "./registry.js";
import { REGISTRY_HOSTS, routeRegistryHosts } from "./registry-names.js";
import { pings } from "./unix-http.js";

export interface DockerOptions {
  /** Where its images come from; absent: nothing can be pulled. */
  readonly registry?: Pick<Registry, "url" | "port">;
  /** Default: a new temporary one, removed on close. A given one is kept. */
  readonly folder?: string;
  /** True: containers go on while it is down. Default: true. */
  readonly liveRestore?: boolean;
}

export interface DockerRuntime extends Daemon, AsyncDisposable {
  readonly folder: string;
  /** Path of the UNIX socket of the Docker Engine API. */
  readonly socket: string;
  readonly logFile: string;
  /** Runs its command line client and answers what it printed. */
  command(...args: readonly string[]): Promise<string>;
  /** Ends it with every container and mount. */
  close(): Promise<void>;
}

const run = promisify(execFile);

/** Answers when it serves its API. @throws RuntimesError outside of an enclosure, or when it does not come up */
export async function startDockerd(options: DockerOptions = {}): Promise<DockerRuntime> {
  mustBeEnclosed("dockerd");
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), "dockerd-"));
  mkdirSync(folder, { recursive: true });
  if (options.registry !== undefined) await routeRegistryHosts(options.registry);
  const socket = join(folder, "docker.sock");
  const logFile = join(folder, "dockerd.log");
  const configFile = join(folder, "daemon.json");
  writeFileSync(configFile, JSON.stringify(daemonJson(folder, socket, options)));
  const args = ["--config-file", configFile];
  const isReady = async (): Promise<boolean> => pings(socket);
  const env = { ...process.env, DOCKER_CONFIG: join(folder, "client") };
  const daemon = await startDaemon({ name: "dockerd", command: "/usr/sbin/dockerd", args, env, logFile, isReady });
  const close = async (): Promise<void> => {
    await daemon.stop();
    await clearFolder(folder);
    if (options.folder === undefined) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  const command = async (...words: readonly string[]): Promise<string> => {
    const { stdout } = await run("/usr/bin/docker", ["-H", `unix://${socket}`, ...words], { env, maxBuffer: 1 << 24 });
    return stdout;
  };
  return { ...daemon, folder, socket, logFile, command, close, [Symbol.asyncDispose]: close };
}

function daemonJson(folder: string, socket: string, { registry, liveRestore = true }: DockerOptions): object {
  return {
    hosts: [`unix://${socket}`],
    "data-root": join(folder, "data"),
    "exec-root": join(folder, "exec"),
    pidfile: join(folder, "dockerd.pid"),
    "live-restore": liveRestore,
    "storage-driver": "overlay2",
    "insecure-registries": REGISTRY_HOSTS,
    "exec-opts": ["native.cgroupdriver=cgroupfs"],
    "userland-proxy": false,
    ...(registry === undefined ? {} : { "registry-mirrors": [registry.url] }),
  };
}
