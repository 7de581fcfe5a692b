// Decides whether tests that need real runtimes can run here, and makes what they need.

import { existsSync } from "node:fs";
import { isMissingBinaries, type SkippableTest } from "@outboard/devcluster";
import { ensureContainerdV2 } from "./components.js";
import { type DebianPackage, ensurePackages } from "./debian-packages.js";
import { isEnclosed } from "./enclosure.js";
import { RuntimesError } from "./errors.js";
import { ensureTestImages } from "./images/test-images.js";

export type RuntimeNeed = "containerd" | "containerd-v2" | "dockerd" | "podman" | "images";

export interface RequireOptions {
  readonly report?: (line: string) => void;
  readonly signal?: AbortSignal;
}

const BUILD_TIMEOUT_MS = 45 * 60_000;
const ENCLOSURE: readonly DebianPackage[] = ["iproute2", "iptables"];
const NETWORKED: readonly DebianPackage[] = ["runc", "containernetworking-plugins"];
const PACKAGES: Readonly<Record<RuntimeNeed, readonly DebianPackage[]>> = {
  containerd: ["containerd", ...NETWORKED],
  "containerd-v2": NETWORKED,
  dockerd: ["docker.io", "runc"],
  podman: ["podman", "conmon", "catatonit", ...NETWORKED],
  images: ["busybox-static", "bash-static", "gcc", "libc6-dev", "curl", "socat"],
};

/** Why no enclosure can exist on this machine; undefined: it can. */
export function unsupportedReason(): string | undefined {
  if (process.platform !== "linux") return "real runtimes need Linux";
  if (process.getuid?.() !== 0) return "real runtimes need root";
  if (!existsSync("/sys/fs/cgroup")) return "real runtimes need cgroups";
  return undefined;
}

/**
 * Installs packages, builds programs and makes images, as needed: at once back when all is there.
 * @throws RuntimesError "unsupported" or "no-packages", DevclusterError when a build is not possible
 */
export async function ensureRuntimes(needs: readonly RuntimeNeed[], options: RequireOptions = {}): Promise<void> {
  const reason = unsupportedReason();
  if (reason !== undefined) throw new RuntimesError("unsupported", reason);
  // Inside, locks and caches of the machine cannot be told; it was all made before entering.
  if (isEnclosed()) return;
  const { report = (line: string): void => console.error(`    ${line}`) } = options;
  const signal = options.signal ?? AbortSignal.timeout(BUILD_TIMEOUT_MS);
  const packages = new Set([...ENCLOSURE, ...needs.flatMap((need) => PACKAGES[need])]);
  await ensurePackages([...packages], { report, signal });
  if (needs.includes("containerd-v2")) await ensureContainerdV2({ report, signal });
  if (needs.includes("images")) await ensureTestImages({ report, signal });
}

/**
 * For a mocha `before` hook: makes what is needed, else skips the suite with the reason. Skipped are machines that can
 * never run it (not Linux, not root); what should have worked fails in CI.
 */
export async function requireRuntimes(test: SkippableTest, needs: readonly RuntimeNeed[]): Promise<void> {
  test.timeout(BUILD_TIMEOUT_MS);
  try {
    await ensureRuntimes(needs);
  } catch (error) {
    if (!maySkip(error) || (isFixable(error) && process.env["CI"] === "true")) throw error;
    console.error(`    skipped: ${error.message}`);
    test.skip();
  }
}

function maySkip(error: unknown): error is Error {
  return error instanceof RuntimesError || isMissingBinaries(error);
}

function isFixable(error: Error): boolean {
  return !(error instanceof RuntimesError && error.reason === "unsupported");
}
