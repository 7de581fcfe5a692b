/** Turns a container's spec into the shim's order: image, root, user, limits, scripts. */
import { createHash } from "node:crypto";
import { statSync } from "node:fs";
import { join, posix } from "node:path";
import { RuntimeError, type ContainerSpec } from "@outboard/provider-sdk";
import type { Resources } from "@outboard/contract";
import { refusalText, resolveImage, type ImagePolicy, type ResolvedImage } from "../images/image-policy.js";
import { TOOL_MOUNT, toolWords, type ToolFolder } from "../images/tool-folder.js";
import { impossibleEntry } from "../launch/environment.js";
import { resolveInRoot } from "../launch/resolve-path.js";
import type { RootMount, RootPlan, ToolWords } from "../launch/root.js";
import { renderScripts } from "../launch/script.js";
import { planSecurity, type Security } from "../launch/security.js";
import { groupFolders, type Limits } from "../machine/cgroups.js";
import { EMPTIED, rootByParts, wholeRoot } from "../machine/layers.js";
import type { Machine } from "../machine/machine.js";
import type { StartOrder } from "../shim/protocol.js";
import { toPlain, type Facts } from "./facts.js";
import type { Pod } from "./pod.js";

const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

export interface OrderContext {
  readonly machine: Machine;
  readonly images: ImagePolicy;
  /** Folders of the host that containers must not see. */
  readonly hidden: readonly string[];
  readonly mountinfo: string;
  /** For images with files of their own; a text says why there is none. */
  readonly tools: ToolFolder | string;
}

export function planStart(spec: ContainerSpec, pod: Pod, context: OrderContext): StartOrder {
  const { machine } = context;
  const image = resolveImage(spec.image, context.images);
  if (image === undefined) throw new RuntimeError("ErrImagePull", refusalText(spec.image));
  const bad = impossibleEntry(spec.env);
  if (bad !== undefined)
    throw new RuntimeError("CreateContainerConfigError", `environment variable ${JSON.stringify(bad)} cannot be set`);
  const command = [...spec.command, ...spec.args];
  if (command.length === 0) throw new RuntimeError("CreateContainerError", "no command specified: the image has none");
  const security = planContainerSecurity(spec, machine);
  const ownProcesses = machine.isolation !== "none" && !pod.record.sharesProcesses;
  const scratch = join(pod.paths.instances, `${spec.name}-${String(spec.attempt)}`);
  const cgroups = groupFolders(machine.cgroups, spec.uid, instanceName(spec));
  const root =
    machine.isolation === "none"
      ? refuseMounts(spec, image)
      : planRoot(spec, pod, { context, image, security, scratch });
  const scripts = renderScripts({
    tools: machine.tools,
    root,
    tool: toolsFor(image, context.tools, spec.image),
    ownProcesses,
    command,
    env: spec.env,
    defaults: defaultVariables(spec, pod, security),
    workingDir: spec.workingDir === "" ? "/" : spec.workingDir,
    cgroups,
    security,
  });
  return {
    ...scripts,
    container: spec.name,
    attempt: spec.attempt,
    id: containerId(spec),
    facts: toFacts(spec, image, security),
    nested: ownProcesses,
    logPath: spec.logPath,
    stdin: spec.stdin,
    stdinOnce: spec.stdinOnce,
    tty: spec.tty,
    uid: security.identity.uid,
    gid: security.identity.gid,
    cgroups,
    scratch: root === undefined ? [] : [scratch],
  };
}

export function instanceName({ name, attempt }: { readonly name: string; readonly attempt: number }): string {
  return `${name}-${String(attempt)}`;
}

function planContainerSecurity(spec: ContainerSpec, machine: Machine): Security {
  return planSecurity(spec.securityContext, {
    self: machine.self,
    setpriv: machine.tools.setpriv !== undefined,
    privileged: machine.privileges,
    available: machine.capabilities,
    dieWithParent: machine.isolation === "none" && machine.tools.setpriv !== undefined,
  });
}

function toolsFor({ rootfs }: ResolvedImage, tools: ToolFolder | string, name: string): ToolWords {
  if (rootfs === "/") return (program) => program;
  if (typeof tools !== "string") return (program) => toolWords(tools, program);
  throw new RuntimeError("CreateContainerError", `image "${name}" cannot run on its own files: ${tools}`);
}

/** Without mount namespaces a mount path would be a lie. */
function refuseMounts(spec: ContainerSpec, image: ResolvedImage): undefined {
  const path = spec.mounts[0]?.mountPath;
  if (path !== undefined) {
    throw new RuntimeError(
      "CreateContainerError",
      `volume at ${path} cannot be mounted: this machine allows no mount namespaces`,
    );
  }
  if (image.rootfs !== "/") {
    throw new RuntimeError(
      "CreateContainerError",
      `image "${spec.image}" needs mount namespaces, which this machine does not allow`,
    );
  }
  return undefined;
}

interface RootContext {
  readonly context: OrderContext;
  readonly image: ResolvedImage;
  readonly security: Security;
  readonly scratch: string;
}

function planRoot(spec: ContainerSpec, pod: Pod, { context, image, security, scratch }: RootContext): RootPlan {
  const { machine, hidden, mountinfo } = context;
  const userNamespace = machine.isolation === "user";
  const host = image.rootfs === "/";
  const layers = userNamespace ? rootByParts(image.rootfs) : wholeRoot(image.rootfs, mountinfo, hidden);
  return {
    scratch,
    ...layers,
    userNamespace,
    dev: pod.paths.dev,
    emptied: host ? EMPTIED : [],
    hidden: host ? hidden : [],
    mounts: planMounts(spec, pod, image.rootfs),
    readOnlyRoot: security.readOnlyRoot,
    privileged: security.privileged,
    workingDir: resolveInRoot(image.rootfs, posix.resolve("/", spec.workingDir)),
    tools: host || typeof context.tools === "string" ? undefined : { folder: context.tools.folder, at: TOOL_MOUNT },
  };
}

/** Files of the pod first, then volumes, outer ones before inner ones. */
function planMounts(spec: ContainerSpec, { paths }: Pod, root: string): readonly RootMount[] {
  const volumes = spec.mounts.map(({ source, mountPath, readOnly }) => ({
    source,
    target: resolveInRoot(root, mountPath),
    readOnly,
    file: !statSync(source).isDirectory(),
  }));
  const own = [
    [paths.hosts, "/etc/hosts"],
    [paths.hostname, "/etc/hostname"],
    [paths.resolvConf, "/etc/resolv.conf"],
    [spec.terminationMessageFile, resolveInRoot(root, posix.resolve("/", spec.terminationMessagePath))],
  ].map(([source = "", target = ""]) => ({ source, target, readOnly: false, file: true }));
  const taken = new Set(volumes.map(({ target }) => target));
  const depth = ({ target }: RootMount): number => target.split("/").length;
  return [...own.filter(({ source, target }) => source !== "" && !taken.has(target)), ...volumes].sort(
    (a, b) => depth(a) - depth(b),
  );
}

/** What a container runtime sets where the pod says nothing. */
function defaultVariables(
  spec: ContainerSpec,
  pod: Pod,
  { identity }: Security,
): readonly (readonly [string, string])[] {
  return [
    ["PATH", DEFAULT_PATH],
    ["HOSTNAME", pod.record.hostname],
    ["HOME", identity.uid === 0 ? "/root" : "/"],
    ...(spec.tty ? [["TERM", "xterm"] as const] : []),
  ];
}

function containerId({ uid, name, attempt }: ContainerSpec): string {
  return createHash("sha256")
    .update(`${uid}/${name}/${String(attempt)}`)
    .digest("hex");
}

function toFacts(spec: ContainerSpec, image: ResolvedImage, security: Security): Facts {
  return {
    image: spec.image,
    imageId: image.imageId,
    identity: security.identity,
    mounts: spec.mounts.map(({ volume, mountPath, readOnly }) => ({
      name: volume,
      mountPath,
      readOnly,
      recursiveReadOnly: readOnly ? "Disabled" : "",
    })),
    ...(spec.resources === undefined ? {} : { resources: toPlain(spec.resources) }),
  };
}

/** Limits by the contract's spelling: cpu in thousandths with suffix m, everything else plain integers. */
export function toLimits(resources: Resources | undefined): Limits {
  const number = (value: string | undefined): number | undefined => {
    if (value === undefined || !/^\d+m?$/.test(value)) return undefined;
    return value.endsWith("m") ? Number(value.slice(0, -1)) : Number(value) * 1000;
  };
  const memory = number(resources?.limits.get("memory"));
  return {
    memoryBytes: memory === undefined ? undefined : memory / 1000,
    cpuMillis: number(resources?.limits.get("cpu")),
    cpuRequestMillis: number(resources?.requests.get("cpu")),
  };
}
