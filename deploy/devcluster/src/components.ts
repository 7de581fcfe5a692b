// Finds the five programs of a control plane: KUBEBUILDER_ASSETS, then our cache, then a build with `go`.

import { join } from "node:path";
import { buildMissing } from "./build.js";
import { componentFolder, hasGo } from "./go-program.js";
import { isExecutable } from "./child.js";
import { COMPONENTS, type ComponentName } from "./component-names.js";
import { DevclusterError } from "./errors.js";
import { readVersions, type Versions } from "./versions.js";

export interface Components {
  readonly versions: Versions;
  readonly paths: Readonly<Record<ComponentName, string>>;
}

export interface ComponentsOptions {
  /** Default process.env: KUBEBUILDER_ASSETS, KUBE_VERSION, XDG_CACHE_HOME, PATH. */
  readonly env?: NodeJS.ProcessEnv;
  /** One line of progress for a person; default: nothing. */
  readonly report?: (line: string) => void;
  /** False: a missing program is an error at once, nothing is built. Default true. */
  readonly build?: boolean;
  readonly signal: AbortSignal;
}

export async function ensureComponents(options: ComponentsOptions): Promise<Components> {
  const env = options.env ?? process.env;
  const versions = readVersions(env);
  const found = findComponents(env, versions);
  const missing = COMPONENTS.filter((name) => found.get(name) === undefined);
  if (missing.length > 0) {
    requireGo(env, options.build ?? true, missing);
    const report = options.report ?? ((): void => undefined);
    await buildMissing({ versions, missing, env, report, folder: cacheFolder(env, versions), signal: options.signal });
  }
  return { versions, paths: allPaths(findComponents(env, versions)) };
}

export function findComponents(env: NodeJS.ProcessEnv, versions: Versions): ReadonlyMap<ComponentName, string> {
  const assets = env["KUBEBUILDER_ASSETS"];
  const folders = [...(assets ? [assets] : []), cacheFolder(env, versions)];
  const found = new Map<ComponentName, string>();
  for (const name of COMPONENTS) {
    const file = folders.map((folder) => join(folder, name)).find(isExecutable);
    if (file !== undefined) found.set(name, file);
  }
  return found;
}

export function cacheFolder(env: NodeJS.ProcessEnv, versions: Versions): string {
  return componentFolder(env, `kubernetes-${versions.kubernetes}`);
}

function allPaths(found: ReadonlyMap<ComponentName, string>): Record<ComponentName, string> {
  const path = (name: ComponentName): string => {
    const file = found.get(name);
    if (file === undefined) throw new DevclusterError("build-failed", `${name} is still missing after the build`);
    return file;
  };
  return {
    etcd: path("etcd"),
    "kube-apiserver": path("kube-apiserver"),
    "kube-controller-manager": path("kube-controller-manager"),
    "kube-scheduler": path("kube-scheduler"),
    kubectl: path("kubectl"),
  };
}

function requireGo(env: NodeJS.ProcessEnv, build: boolean, missing: readonly ComponentName[]): void {
  if (build && hasGo(env)) return;
  const way = build
    ? "install Go 1.26 or later so that they can be built"
    : "run `npm run devcluster -- up` to build them";
  throw new DevclusterError(
    "no-binaries",
    `no control plane: ${missing.join(", ")} not found in KUBEBUILDER_ASSETS or the cache; ${way}`,
  );
}
