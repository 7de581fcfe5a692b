// The configuration files of a containerd: its own folders, CNI networks, and every registry host sent to ours.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PAUSE_IMAGE } from "./images/recipes.js";

/** The folder of one containerd. */
export interface ContainerdLayout {
  readonly folder: string;
  readonly root: string;
  readonly state: string;
  readonly socket: string;
  readonly configFile: string;
  readonly logFile: string;
}

/** The networks that pods get their addresses from. */
export const POD_SUBNET = "10.244.1.0/24";

/** Hosts that are asked themselves: nobody listens there. */
const NO_REGISTRY = ["127.0.0.1:1"];
const CNI_PLUGINS = "/usr/lib/cni";
const RUNC = "/usr/sbin/runc";
const UNUSED_PLUGINS = [
  "io.containerd.internal.v1.opt",
  "io.containerd.nri.v1.nri",
  "io.containerd.snapshotter.v1.blockfile",
  "io.containerd.snapshotter.v1.erofs",
  "io.containerd.internal.v1.tracing",
  "io.containerd.tracing.processor.v1.otlp",
];

export function containerdLayout(folder: string): ContainerdLayout {
  return {
    folder,
    root: join(folder, "root"),
    state: join(folder, "state"),
    socket: join(folder, "containerd.sock"),
    configFile: join(folder, "config.toml"),
    logFile: join(folder, "containerd.log"),
  };
}

export interface ConfigOptions {
  readonly version: "debian" | "v2";
  /** Where every image is pulled from; absent: nothing can be pulled. */
  readonly registryUrl?: string;
}

export function writeContainerdConfig(layout: ContainerdLayout, options: ConfigOptions): void {
  const certificates = join(layout.folder, "certs.d");
  mkdirSync(join(certificates, "_default"), { recursive: true });
  mkdirSync(join(layout.folder, "cni"), { recursive: true });
  const upstream = options.registryUrl ?? "http://127.0.0.1:1";
  writeFileSync(join(certificates, "_default", "hosts.toml"), hostsToml(upstream));
  for (const host of NO_REGISTRY) {
    mkdirSync(join(certificates, host), { recursive: true });
    writeFileSync(join(certificates, host, "hosts.toml"), `server = "http://${host}"\n`);
  }
  writeFileSync(join(layout.folder, "cni", "10-pods.conflist"), conflist(layout.folder));
  writeFileSync(layout.configFile, options.version === "debian" ? configV2(layout) : configV3(layout));
}

/** `server` names it too, or an unknown image would be looked for at its real registry. */
function hostsToml(url: string): string {
  return `server = "${url}"\n[host."${url}"]\n  capabilities = ["pull", "resolve"]\n`;
}

function conflist(folder: string): string {
  const ipam = {
    type: "host-local",
    dataDir: join(folder, "cni-state"),
    ranges: [[{ subnet: POD_SUBNET }]],
    routes: [{ dst: "0.0.0.0/0" }],
  };
  const bridge = { type: "bridge", bridge: "cni0", isGateway: true, ipMasq: false, hairpinMode: true, ipam };
  const portmap = { type: "portmap", capabilities: { portMappings: true } };
  return JSON.stringify({ cniVersion: "1.0.0", name: "pods", plugins: [bridge, portmap] });
}

function head(layout: ContainerdLayout, version: number): string {
  return `version = ${version}
root = "${layout.root}"
state = "${layout.state}"
[grpc]
  address = "${layout.socket}"
`;
}

function configV3(layout: ContainerdLayout): string {
  const runtime = "plugins.'io.containerd.cri.v1.runtime'";
  const handlers = ["runc", "test-handler"].map((name) => handler(`${runtime}.containerd.runtimes.${name}`));
  return `disabled_plugins = ${JSON.stringify(UNUSED_PLUGINS)}
${head(layout, 3)}
[plugins.'io.containerd.cri.v1.images']
  snapshotter = "overlayfs"
  [plugins.'io.containerd.cri.v1.images'.pinned_images]
    sandbox = "${PAUSE_IMAGE}"
  [plugins.'io.containerd.cri.v1.images'.registry]
    config_path = "${join(layout.folder, "certs.d")}"
[${runtime}]
  restrict_oom_score_adj = true
  [${runtime}.cni]
    bin_dirs = ["${CNI_PLUGINS}"]
    conf_dir = "${join(layout.folder, "cni")}"
  [${runtime}.containerd]
    default_runtime_name = "runc"
${handlers.join("")}`;
}

/** containerd 1.6. */
function configV2(layout: ContainerdLayout): string {
  const cri = "plugins.'io.containerd.grpc.v1.cri'";
  const handlers = ["runc", "test-handler"].map((name) => handler(`${cri}.containerd.runtimes.${name}`));
  return `${head(layout, 2)}
[${cri}]
  sandbox_image = "${PAUSE_IMAGE}"
  restrict_oom_score_adj = true
  [${cri}.registry]
    config_path = "${join(layout.folder, "certs.d")}"
  [${cri}.cni]
    bin_dir = "${CNI_PLUGINS}"
    conf_dir = "${join(layout.folder, "cni")}"
  [${cri}.containerd]
    snapshotter = "overlayfs"
    default_runtime_name = "runc"
${handlers.join("")}`;
}

function handler(table: string): string {
  return `[${table}]
  runtime_type = "io.containerd.runc.v2"
  [${table}.options]
    BinaryName = "${RUNC}"
    SystemdCgroup = false
`;
}
