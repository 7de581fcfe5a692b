/**
 * Shell lines that give a container its own root: layers over the image's folder, /proc, /dev, volumes, and the change of
 * root. They run in the container's mount namespace before anything of the container does.
 */
import { posix } from "node:path";
import { quote } from "./shell.js";

/** A folder that the container sees at a place, with writes kept in its own folder. */
export interface Layer {
  readonly lower: string;
  /** Path in the container; "/" must come first. */
  readonly at: string;
}

export interface RootMount {
  readonly source: string;
  /** Path in the container, links of the image already followed. */
  readonly target: string;
  readonly readOnly: boolean;
  readonly file: boolean;
}

export interface RootPlan {
  /** Empty folder of the instance: root, layers, temporary files. */
  readonly scratch: string;
  readonly layers: readonly Layer[];
  /** Links and such at the root, where the root itself is not a layer. */
  readonly links: readonly (readonly [at: string, target: string])[];
  /** Option for overlays inside user namespaces. */
  readonly userNamespace: boolean;
  /** Folder of the pod that holds the prepared /dev. */
  readonly dev: string;
  /** Paths in the container that are replaced by empty folders. */
  readonly emptied: readonly string[];
  /** Paths hidden from the container. */
  readonly hidden: readonly string[];
  readonly mounts: readonly RootMount[];
  readonly readOnlyRoot: boolean;
  readonly privileged: boolean;
  /** Made if missing; links of the image already followed. */
  readonly workingDir: string;
  /** Folder with the host's tools, and where to mount it; undefined: the image has them. */
  readonly tools: { readonly folder: string; readonly at: string } | undefined;
}

/** Words that start a tool of the host once the root has changed. */
export type ToolWords = (program: string) => string;

/** Functions that all launch scripts use. */
export const PRELUDE: readonly string[] = [
  "set -f; umask 022; PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  `fail() { printf 'err %s ' "$1" >&4; printf '%s' "$2" | tr '\\n' ' ' >&4; printf '\\n' >&4; exit 125; }`,
  `must() { said=$("$@" 2>&1) || fail CreateContainerError "$1: $said"; }`,
];

const MASKED_FILES = ["kcore", "keys", "timer_list"];
const READ_ONLY = ["sys", "sysrq-trigger", "irq", "bus"];

export function renderRoot(plan: RootPlan, tool: ToolWords): readonly string[] {
  return [
    `S=${quote(plan.scratch)}; R=$S/root`,
    'must mkdir -p "$R" "$S/layers"',
    ...(plan.layers[0]?.at === "/" ? [] : ['must mount -n -t tmpfs -o mode=755 outboard "$R"']),
    ...plan.layers.flatMap((layer, index) => renderLayer(layer, index, plan.userNamespace)),
    ...plan.links.map(([at, target]) => `must ln -s ${quote(target)} "$R"${quote(at)}`),
    'must mkdir -p "$R/proc" "$R/dev" "$R/sys" "$R/.outboard-old"',
    'must mount -n -t proc -o nosuid,nodev,noexec proc "$R/proc"',
    `must mount -n --rbind ${quote(plan.dev)} "$R/dev"`,
    'mount -n -t sysfs -o ro,nosuid,nodev,noexec sysfs "$R/sys" 2>/dev/null || :',
    ...plan.emptied.flatMap((path, index) => renderEmptied(path, index)),
    ...plan.hidden.map(
      (path) => `[ ! -d "$R"${quote(path)} ] || must mount -n -t tmpfs -o ro,mode=0 none "$R"${quote(path)}`,
    ),
    ...plan.mounts.flatMap(renderMount),
    ...(plan.tools === undefined
      ? []
      : renderMount({ source: plan.tools.folder, target: plan.tools.at, readOnly: true, file: false })),
    `must mkdir -p "$R"${quote(plan.workingDir)}`,
    ...(plan.privileged ? [] : renderMasks()),
    'cd "$R" || fail CreateContainerError "the root cannot be entered"',
    "must pivot_root . .outboard-old",
    `cd /; must ${tool("umount")} -n -l /.outboard-old; must ${tool("rmdir")} /.outboard-old`,
    ...(plan.readOnlyRoot ? renderReadOnly(plan, tool("mount")) : []),
  ];
}

function renderLayer({ lower, at }: Layer, index: number, userNamespace: boolean): readonly string[] {
  const folder = `"$S/layers/${String(index)}`;
  const target = `"$R"${quote(at)}`;
  const options = `"lowerdir="${quote(lower)}",upperdir=$S/layers/${String(index)}-upper,workdir=$S/layers/${String(index)}-work${userNamespace ? ",userxattr" : ""}"`;
  return [
    `must mkdir -p ${target} ${folder}-upper" ${folder}-work"`,
    // The new root takes owner and mode from the layer above, so that it looks like the one below.
    `must chmod --reference=${quote(lower)} ${folder}-upper"`,
    `mount -n -t overlay -o ${options} overlay ${target} 2>/dev/null || must mount -n --rbind ${quote(lower)} ${target}`,
  ];
}

function renderEmptied(path: string, index: number): readonly string[] {
  const folder = `"$S/empty-${String(index)}"`;
  const mode = posix.basename(path) === "tmp" ? "1777" : "755";
  return [`must mkdir -p -m ${mode} ${folder} "$R"${quote(path)}`, `must mount -n --bind ${folder} "$R"${quote(path)}`];
}

function renderMount({ source, target, readOnly, file }: RootMount): readonly string[] {
  const place = `"$R"${quote(target)}`;
  const make = file
    ? `must mkdir -p "$R"${quote(posix.dirname(target))}; [ ! -L ${place} ] || rm -f ${place}; [ -e ${place} ] || : >${place}`
    : `must mkdir -p ${place}`;
  return [
    make,
    // A link inside an earlier volume must not lead the mount out of the container's root.
    `[ "$(readlink -f ${place})" = ${place} ] || fail CreateContainerError ${quote(`mount path ${target} leads through a link`)}`,
    `must mount -n ${file ? "--bind" : "--rbind"} ${quote(source)} ${place}`,
    ...(readOnly ? [`must mount -n -o remount,bind,ro ${place}`] : []),
  ];
}

function renderMasks(): readonly string[] {
  return [
    `for p in ${READ_ONLY.join(" ")}; do [ ! -e "$R/proc/$p" ] || { must mount -n --bind "$R/proc/$p" "$R/proc/$p"; must mount -n -o remount,bind,ro "$R/proc/$p"; }; done`,
    `for p in ${MASKED_FILES.join(" ")}; do [ ! -e "$R/proc/$p" ] || must mount -n --bind /dev/null "$R/proc/$p"; done`,
  ];
}

function renderReadOnly({ layers, emptied }: RootPlan, mount: string): readonly string[] {
  const places = new Set(["/", ...layers.map(({ at }) => at), ...emptied]);
  return [...places].map((path) => `must ${mount} -n -o remount,bind,ro ${quote(path)}`);
}
