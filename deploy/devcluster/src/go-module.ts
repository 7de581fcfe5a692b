// The Go module that `go build` runs in: the pinned one as it is, or for another KUBE_VERSION a rewritten copy.

import { readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { runGo } from "./go-command.js";
import { PINNED_VERSIONS, stagingVersion, type Versions } from "./versions.js";

export interface GoModuleRequest {
  readonly versions: Versions;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
}

export function moduleFolder(name: "kubernetes" | "etcd"): string {
  return join(dirname(fileURLToPath(import.meta.url)), "..", "components", name);
}

export async function kubernetesModule(request: GoModuleRequest, scratch: string): Promise<string> {
  const version = request.versions.kubernetes;
  const pinned = moduleFolder("kubernetes");
  if (version === PINNED_VERSIONS.kubernetes) return pinned;
  const upstream = await downloadGoMod(request, scratch);
  await writeFile(join(scratch, "go.mod"), rewriteGoMod(upstream, version));
  await writeFile(join(scratch, "components.go"), await readFile(join(pinned, "components.go")));
  return scratch;
}

/** A go.mod that requires one Kubernetes and replaces each of its staging modules by the published one. */
export function rewriteGoMod(upstreamGoMod: string, kubernetesVersion: string): string {
  const go = /^go (\S+)$/m.exec(upstreamGoMod)?.[1] ?? "1.26.0";
  const staging = stagingVersion(kubernetesVersion);
  const replaces = stagingModules(upstreamGoMod).map((name) => `\t${name} => ${name} ${staging}`);
  return [
    "module outboard.dev/devcluster/kubernetes",
    `go ${go}`,
    `require k8s.io/kubernetes ${kubernetesVersion}`,
    `replace (\n${replaces.join("\n")}\n)`,
    "",
  ].join("\n\n");
}

/** Staging modules appear as `k8s.io/x v0.0.0` or `k8s.io/x => ./staging/src/k8s.io/x`, by Kubernetes version. */
function stagingModules(goMod: string): string[] {
  const names = [...goMod.matchAll(/^\s*(?:replace )?(k8s\.io\/[\w-]+) (?:v0\.0\.0\b(?!-)|=> \.\/staging\/)/gm)];
  return [...new Set(names.flatMap((match) => match[1] ?? []))].sort();
}

async function downloadGoMod(request: GoModuleRequest, scratch: string): Promise<string> {
  const options = { cwd: scratch, env: { ...request.env, GOFLAGS: "-mod=mod" }, signal: request.signal };
  const answer = await runGo(["mod", "download", "-json", `k8s.io/kubernetes@${request.versions.kubernetes}`], options);
  const { GoMod: file } = JSON.parse(answer) as { readonly GoMod: string };
  return readFile(file, "utf8");
}
