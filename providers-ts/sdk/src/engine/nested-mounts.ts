/** Mounts below a volume that comes as files: nothing can be made in it through a container, so their folders are made before. */
import { posix } from "node:path";
import { containersOf, type PodManifest } from "./manifest.js";

/** Where other volumes are mounted below this one, relative to it; of those below each other only the upper one. */
export function nestedMountPoints(manifest: PodManifest | undefined, volume: string): readonly string[] {
  if (manifest === undefined) return [];
  return containersOf(manifest).flatMap(({ container: { volumeMounts = [] } }) => {
    const paths = volumeMounts.map(({ mountPath }) => cleaned(mountPath));
    const own = volumeMounts.filter(({ name }) => name === volume).map(({ mountPath }) => cleaned(mountPath));
    return own.flatMap((above) =>
      uppermost(paths.filter((path) => isBelow(path, above)).map((path) => posix.relative(above, path))),
    );
  });
}

function uppermost(paths: readonly string[]): readonly string[] {
  return paths.filter((path) => !paths.some((other) => isBelow(path, other)));
}

function isBelow(path: string, above: string): boolean {
  return path.startsWith(above.endsWith("/") ? above : `${above}/`) && path !== above;
}

function cleaned(path: string): string {
  return posix.join("/", path, ".").replace(/(?<=.)\/$/, "");
}
