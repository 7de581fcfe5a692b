// Builds missing control-plane programs from Go modules into the cache: one build at a time on a machine, each
// program moved into place whole, progress lines while it takes its minutes.

import { mkdir, mkdtemp, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { acquireFileLock } from "./file-lock.js";
import { isExecutable } from "./child.js";
import type { ComponentName } from "./component-names.js";
import { runGo } from "./go-command.js";
import { kubernetesModule, moduleFolder } from "./go-module.js";
import { PINNED_VERSIONS, type Versions } from "./versions.js";

export interface BuildRequest {
  readonly versions: Versions;
  readonly missing: readonly ComponentName[];
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  readonly report: (line: string) => void;
  readonly signal: AbortSignal;
}

const PROGRESS_EVERY_MS = 10_000;

export async function buildMissing(request: BuildRequest): Promise<void> {
  await mkdir(request.folder, { recursive: true });
  const waiting = (): void => request.report("another process is building the control plane; waiting for it");
  await using _lock = await acquireFileLock(`${request.folder}.lock`, waiting, request.signal);
  const wanted = request.missing.filter((name) => !isExecutable(join(request.folder, name)));
  const scratch = await mkdtemp(`${request.folder}.building-`);
  try {
    for (const [index, name] of wanted.entries()) {
      await buildOne(request, { name, scratch, place: `${index + 1} of ${wanted.length}` });
    }
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

interface Step {
  readonly name: ComponentName;
  readonly scratch: string;
  readonly place: string;
}

async function buildOne(request: BuildRequest, step: Step): Promise<void> {
  const started = performance.now();
  const seconds = (): number => Math.round((performance.now() - started) / 1000);
  const title = `${step.name} ${step.name === "etcd" ? request.versions.etcd : request.versions.kubernetes}`;
  request.report(`building ${title} (${step.place}); the first build takes minutes, later starts take seconds`);
  const ticker = setInterval(
    () => request.report(`building ${title} (${step.place}): ${seconds()} s so far`),
    PROGRESS_EVERY_MS,
  );
  try {
    await goBuild(request, step);
  } finally {
    clearInterval(ticker);
  }
  const built = join(step.scratch, step.name);
  const megabytes = Math.round((await stat(built)).size / 1_000_000);
  await rename(built, join(request.folder, step.name));
  request.report(`built ${title} (${step.place}) in ${seconds()} s, ${megabytes} MB`);
}

async function goBuild(request: BuildRequest, step: Step): Promise<void> {
  const pinned = request.versions.kubernetes === PINNED_VERSIONS.kubernetes;
  const cwd = step.name === "etcd" ? moduleFolder("etcd") : await kubernetesModule(request, step.scratch);
  const modFlag = pinned || step.name === "etcd" ? "-mod=readonly" : "-mod=mod";
  await runGo(
    ["build", modFlag, ...buildFlags(request.versions), "-o", join(step.scratch, step.name), target(step.name)],
    {
      cwd,
      env: { ...request.env, CGO_ENABLED: "0" },
      signal: request.signal,
    },
  );
}

export function buildFlags(versions: Versions): string[] {
  const [, major = "", minor = ""] = /^v(\d+)\.(\d+)\./.exec(versions.kubernetes) ?? [];
  const set = ["k8s.io/component-base/version", "k8s.io/client-go/pkg/version"].flatMap((path) => [
    `-X ${path}.gitVersion=${versions.kubernetes}`,
    `-X ${path}.gitMajor=${major}`,
    `-X ${path}.gitMinor=${minor}`,
  ]);
  return ["-trimpath", "-ldflags", ["-s -w", ...set].join(" ")];
}

function target(name: ComponentName): string {
  return name === "etcd" ? "go.etcd.io/etcd/server/v3" : `k8s.io/kubernetes/cmd/${name}`;
}
