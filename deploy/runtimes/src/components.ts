// Programs built from pinned Go modules into the component cache: containerd v2 and what the test images contain.

import { join } from "node:path";
import { componentFolder, ensureGoProgram, findGoProgram, type GoProgram } from "@outboard/devcluster";

export interface BuildOptions {
  /** Default process.env: XDG_CACHE_HOME, HOME, PATH. */
  readonly env?: NodeJS.ProcessEnv;
  readonly report?: (line: string) => void;
  readonly signal: AbortSignal;
}

/** What components/containerd pins. */
export const CONTAINERD_VERSION = "v2.4.2";
/** What components/test-images pins. */
const KUBERNETES_VERSION = "v1.37.2";

const MODULES = join(import.meta.dirname, "..", "components");

export type ContainerdProgram = "containerd" | "containerd-shim-runc-v2" | "ctr";
const CONTAINERD_PROGRAMS: readonly ContainerdProgram[] = ["containerd", "containerd-shim-runc-v2", "ctr"];

export type ImageProgram = "agnhost" | "nonewprivs";
const IMAGE_PROGRAMS: readonly ImageProgram[] = ["agnhost", "nonewprivs"];

/** Folder with containerd v2, its shim and ctr, built if needed. */
export async function ensureContainerdV2(options: BuildOptions): Promise<string> {
  for (const name of CONTAINERD_PROGRAMS) await ensureGoProgram(containerdProgram(name), options);
  return componentFolder(options.env ?? process.env, `containerd-${CONTAINERD_VERSION}`);
}

/** The folder if all is built. */
export function findContainerdV2(env: NodeJS.ProcessEnv = process.env): string | undefined {
  const built = CONTAINERD_PROGRAMS.every((name) => findGoProgram(containerdProgram(name), env) !== undefined);
  return built ? componentFolder(env, `containerd-${CONTAINERD_VERSION}`) : undefined;
}

/** Paths of the programs that test images contain, built if needed. */
export async function ensureImagePrograms(options: BuildOptions): Promise<Readonly<Record<ImageProgram, string>>> {
  const paths: Record<string, string> = {};
  for (const name of IMAGE_PROGRAMS) paths[name] = await ensureGoProgram(imageProgram(name), options);
  return paths as Record<ImageProgram, string>;
}

/** The folder of the module that test images are made from. */
export const IMAGES_MODULE: string = join(MODULES, "test-images");

function containerdProgram(name: ContainerdProgram): GoProgram {
  return {
    name,
    version: CONTAINERD_VERSION,
    folder: `containerd-${CONTAINERD_VERSION}`,
    module: join(MODULES, "containerd"),
    package: `github.com/containerd/containerd/v2/cmd/${name}`,
    tags: ["no_btrfs", "no_devmapper", "no_zfs"],
    variables: { "github.com/containerd/containerd/v2/version.Version": CONTAINERD_VERSION.slice(1) },
  };
}

function imageProgram(name: ImageProgram): GoProgram {
  return { name, version: KUBERNETES_VERSION, module: IMAGES_MODULE, package: `k8s.io/kubernetes/test/images/${name}` };
}
