// Debian packages that runtimes come from: looked up quickly, installed when missing and we may.

import { execFile } from "node:child_process";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { acquireFileLock } from "@outboard/devcluster";
import { RuntimesError } from "./errors.js";

export interface PackagesOptions {
  /** One line of progress for a person; default: nothing. */
  readonly report?: (line: string) => void;
  readonly signal: AbortSignal;
}

/** What each package is needed for: one file that it brings. */
const FILES = {
  containerd: "/usr/bin/containerd",
  runc: "/usr/sbin/runc",
  "containernetworking-plugins": "/usr/lib/cni/bridge",
  "docker.io": "/usr/sbin/dockerd",
  podman: "/usr/bin/podman",
  conmon: "/usr/bin/conmon",
  catatonit: "/usr/bin/catatonit",
  "busybox-static": "/usr/bin/busybox",
  "bash-static": "/usr/bin/bash-static",
  iptables: "/usr/sbin/iptables",
  iproute2: "/usr/sbin/ip",
  curl: "/usr/bin/curl",
  socat: "/usr/bin/socat",
  gcc: "/usr/bin/gcc",
  "libc6-dev": "/usr/include/stdlib.h",
} as const;

export type DebianPackage = keyof typeof FILES;

const POLICY = "/usr/sbin/policy-rc.d";

/** The packages whose programs are not there. */
export function missingPackages(wanted: readonly DebianPackage[]): DebianPackage[] {
  return wanted.filter((name) => !existsSync(FILES[name]));
}

/**
 * Installs what is missing with apt; at once back when nothing is. One process of the machine at a time.
 * Daemons that the packages bring are not started.
 * @throws RuntimesError "no-packages": there is no apt, or it failed; the message names the packages
 */
export async function ensurePackages(wanted: readonly DebianPackage[], options: PackagesOptions): Promise<void> {
  const { report = (): void => undefined, signal } = options;
  if (missingPackages(wanted).length === 0) return;
  const waiting = (): void => report("another process is installing packages; waiting for it");
  await using _lock = await acquireFileLock(join(tmpdir(), "outboard-apt.lock"), waiting, signal);
  const missing = missingPackages(wanted);
  if (missing.length === 0) return;
  report(`installing ${missing.join(" ")} with apt`);
  await withoutDaemons(async () => install(missing, signal));
  const still = missingPackages(missing);
  if (still.length > 0) throw noPackages(still, "apt installed them, but their programs are not where Debian has them");
}

async function install(names: readonly string[], signal: AbortSignal): Promise<void> {
  const args = ["install", "-y", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=300", ...names];
  const first = await apt(args, signal);
  if (first === undefined) return;
  const update = await apt(["update", "-q"], signal);
  const second = await apt(args, signal);
  if (second !== undefined) throw noPackages(names, update ?? second);
}

/** Undefined: done; else what it said last. */
async function apt(args: readonly string[], signal: AbortSignal): Promise<string | undefined> {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  return new Promise((resolve) => {
    execFile("apt-get", args, { env, signal, maxBuffer: 1 << 26 }, (error, _stdout, stderr) => {
      resolve(error === null ? undefined : stderr.trim().split("\n").slice(-3).join("; ") || error.message);
    });
  });
}

/** Debian asks policy-rc.d before it starts a service; 101 means no. */
async function withoutDaemons(run: () => Promise<void>): Promise<void> {
  const ours = !existsSync(POLICY);
  if (ours) writeFileSync(POLICY, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
  try {
    await run();
  } finally {
    if (ours) rmSync(POLICY, { force: true });
  }
}

function noPackages(names: readonly string[], cause: string): RuntimesError {
  return new RuntimesError("no-packages", `these Debian packages are missing: ${names.join(" ")} (${cause})`);
}
