// Builds missing control-plane programs from Go modules into the cache: one build at a time on a machine.

import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { buildStep } from "./build-step.js";
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

async function buildOne(request: BuildRequest, { name, scratch, place }: Step): Promise<void> {
  const { versions, folder, report } = request;
  const title = `${name} ${name === "etcd" ? versions.etcd : versions.kubernetes} (${place})`;
  const step = { title, scratch, file: join(folder, name), report };
  await buildStep(step, async (output) => goBuild(request, { name, scratch, output }));
}

interface Target {
  readonly name: ComponentName;
  readonly scratch: string;
  readonly output: string;
}

async function goBuild(request: BuildRequest, { name, scratch, output }: Target): Promise<void> {
  const pinned = request.versions.kubernetes === PINNED_VERSIONS.kubernetes;
  const cwd = name === "etcd" ? moduleFolder("etcd") : await kubernetesModule(request, scratch);
  const modFlag = pinned || name === "etcd" ? "-mod=readonly" : "-mod=mod";
  await runGo(["build", modFlag, ...buildFlags(request.versions), "-o", output, target(name)], {
    cwd,
    env: { ...request.env, CGO_ENABLED: "0" },
    signal: request.signal,
  });
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
