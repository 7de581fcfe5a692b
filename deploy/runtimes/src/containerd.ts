// A real containerd in a folder of its own, inside an enclosure: started, killed, started again, closed with all it ran.

import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { findContainerdV2 } from "./components.js";
import { containerdLayout, writeContainerdConfig } from "./containerd-config.js";
import { type Daemon, startDaemon } from "./daemon.js";
import { mustBeEnclosed } from "./enclosure.js";
import { RuntimesError } from "./errors.js";
import { clearFolder } from "./folder.js";
import type { Registry } from "./registry.js";

export interface ContainerdOptions {
  /** Debian's 1.6, or v2 built from its Go modules. */
  readonly version: "debian" | "v2";
  /** Where its images come from; absent: nothing can be pulled. */
  readonly registry?: Pick<Registry, "url">;
  /** Default: a new temporary one, removed on close. A given one is kept. */
  readonly folder?: string;
}

export interface Containerd extends Daemon, AsyncDisposable {
  readonly folder: string;
  /** Path of its UNIX socket: containerd's own services and CRI. */
  readonly socket: string;
  /** For example unix:///tmp/x/containerd.sock */
  readonly endpoint: string;
  readonly logFile: string;
  readonly configFile: string;
  /** What it reports as its version. */
  readonly versionText: string;
  /** Runs ctr in the namespace of CRI and answers what it printed. */
  ctr(...args: readonly string[]): Promise<string>;
  /** Pulls images from its registry, ahead of pods. */
  pull(...images: readonly string[]): Promise<void>;
  /** Ends it with every container, shim and mount. */
  close(): Promise<void>;
}

interface Programs {
  readonly containerd: string;
  readonly ctr: string;
  readonly path: string;
}

/** Where runc keeps its containers for every containerd of the enclosure. */
const RUNC_STATE = "/run/containerd/runc/k8s.io";
const run = promisify(execFile);

/** Answers when it serves CRI. @throws RuntimesError outside of an enclosure, or when it does not come up */
export async function startContainerd(options: ContainerdOptions): Promise<Containerd> {
  mustBeEnclosed("containerd");
  const programs = findPrograms(options.version);
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), "containerd-"));
  const layout = containerdLayout(folder);
  mkdirSync(folder, { recursive: true });
  const { registry, version } = options;
  writeContainerdConfig(layout, { version, ...(registry === undefined ? {} : { registryUrl: registry.url }) });
  const ctr = async (...args: readonly string[]): Promise<string> => {
    const { stdout } = await run(programs.ctr, ["-a", layout.socket, "-n", "k8s.io", ...args], { maxBuffer: 1 << 24 });
    return stdout;
  };
  const daemon = await startDaemon({
    name: "containerd",
    command: programs.containerd,
    args: ["--config", layout.configFile],
    env: { ...process.env, PATH: programs.path },
    logFile: layout.logFile,
    isReady: async () => /\bcri\s.*\bok\b/.test(await ctr("plugins", "ls")),
  });
  const close = async (): Promise<void> => {
    await daemon.stop();
    const ids = containerIds(layout.state);
    await clearFolder(folder);
    for (const id of ids) rmSync(join(RUNC_STATE, id), { recursive: true, force: true });
    if (options.folder === undefined) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  return {
    ...layout,
    ...daemon,
    endpoint: `unix://${layout.socket}`,
    versionText: await versionOf(programs.containerd),
    ctr,
    pull: async (...images) => {
      const hosts = join(folder, "certs.d");
      for (const image of images) await ctr("images", "pull", "--hosts-dir", hosts, image);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

function findPrograms(version: "debian" | "v2"): Programs {
  const path = process.env["PATH"] ?? "";
  if (version === "debian") {
    if (!existsSync("/usr/bin/containerd")) throw missing("Debian's package containerd is not installed");
    return {
      containerd: "/usr/bin/containerd",
      ctr: "/usr/bin/ctr",
      path: `/usr/bin${delimiter}/usr/sbin${delimiter}${path}`,
    };
  }
  const folder = findContainerdV2();
  if (folder === undefined) throw missing("containerd v2 was not built");
  return { containerd: join(folder, "containerd"), ctr: join(folder, "ctr"), path: `${folder}${delimiter}${path}` };
}

function missing(what: string): RuntimesError {
  return new RuntimesError("no-packages", `${what}: call requireRuntimes before entering the enclosure`);
}

function containerIds(state: string): string[] {
  const folder = join(state, "io.containerd.runtime.v2.task", "k8s.io");
  return existsSync(folder) ? readdirSync(folder) : [];
}

async function versionOf(containerd: string): Promise<string> {
  const { stdout } = await run(containerd, ["--version"]);
  return stdout.trim().split(/\s+/)[2] ?? stdout.trim();
}
