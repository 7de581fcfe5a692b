/** The provider's settings: flags, the same keys in the file, and their meaning. */
import { join, resolve } from "node:path";
import { parseAddress } from "@outboard/contract";
import {
  type HeldBack,
  type KeptFree,
  parseBytes,
  parseCpuMillis,
  parseKeptFree,
  SettingsError,
  type FlagSpec,
  type Settings,
} from "@outboard/provider-sdk";
import type { CgroupDriver } from "../machine/pod-group.js";

const DEFAULT_SOCKET = "unix:///run/containerd/containerd.sock";

export const FLAGS: readonly FlagSpec[] = [
  { name: "cri-socket", kind: "text", help: `where the CRI runtime listens (default ${DEFAULT_SOCKET})` },
  { name: "state", kind: "text", help: "folder of the provider's own (default /var/lib/outboard/cri)" },
  { name: "cgroup-root", kind: "text", help: "control group above all pods (default /: pods are below /kubepods)" },
  {
    name: "cgroup-driver",
    kind: "text",
    help: "auto (default: as the runtime says, else cgroupfs), cgroupfs or systemd",
  },
  { name: "seccomp-profiles", kind: "text", help: "folder of profiles of kind Localhost (default: STATE/seccomp)" },
  { name: "node-ip", kind: "text", help: "address of the node (default: the one of the default route)" },
  { name: "patience", kind: "number", help: "seconds that the runtime may take to answer at the start (default 30)" },
  { name: "max-pods", kind: "number", help: "pods that the node offers (default 110)" },
  { name: "reserved-cpu", kind: "text", help: "CPU that pods may not use, as a quantity (default 0)" },
  { name: "reserved-memory", kind: "text", help: "memory that pods may not use, as a quantity (default 0)" },
  {
    name: "free-memory",
    kind: "text",
    help: "memory that pods must leave free: quantity or percentage (default 100Mi)",
  },
  { name: "free-storage", kind: "text", help: "disk that pods must leave free: quantity or percentage (default 10%)" },
  { name: "resolv-conf", kind: "text", help: "resolv.conf that pods take over (default /etc/resolv.conf)" },
];

export interface CriSettings {
  readonly socket: string;
  readonly state: string;
  readonly cgroupRoot: string;
  /** Undefined: as the runtime says. */
  readonly cgroupDriver: CgroupDriver | undefined;
  readonly seccompFolder: string;
  readonly nodeIp: string | undefined;
  readonly patienceMs: number;
  readonly maxPods: number;
  readonly held: HeldBack;
  readonly resolvConf: string;
}

/** @throws SettingsError naming the flag. */
export function readCriSettings(settings: Settings): CriSettings {
  const state = resolve(settings.text("state") ?? "/var/lib/outboard/cri");
  return {
    socket: readSocket(settings),
    state,
    cgroupRoot: readRoot(settings),
    cgroupDriver: readDriver(settings),
    seccompFolder: resolve(settings.text("seccomp-profiles") ?? join(state, "seccomp")),
    nodeIp: settings.text("node-ip"),
    patienceMs: (settings.number("patience") ?? 30) * 1000,
    maxPods: readMaxPods(settings),
    held: {
      cpuMillis: amount(settings, "reserved-cpu", parseCpuMillis),
      memoryBytes: amount(settings, "reserved-memory", parseBytes),
      freeMemory: keptFree(settings, "free-memory", "100Mi"),
      freeStorage: keptFree(settings, "free-storage", "10%"),
    },
    resolvConf: resolve(settings.text("resolv-conf") ?? "/etc/resolv.conf"),
  };
}

function readSocket(settings: Settings): string {
  const text = settings.text("cri-socket") ?? DEFAULT_SOCKET;
  const socket = text.startsWith("/") ? `unix://${text}` : text;
  try {
    if (parseAddress(socket).kind === "unix") return socket;
  } catch (error) {
    throw new SettingsError(`--cri-socket: ${(error as Error).message}`);
  }
  throw new SettingsError("--cri-socket: must be a UNIX socket");
}

function readRoot(settings: Settings): string {
  const root = settings.text("cgroup-root") ?? "/";
  if (!root.startsWith("/") || root.split("/").includes("..")) {
    throw new SettingsError("--cgroup-root: must be an absolute path");
  }
  return root;
}

function readDriver(settings: Settings): CgroupDriver | undefined {
  const driver = settings.text("cgroup-driver") ?? "auto";
  if (driver === "auto") return undefined;
  if (driver === "cgroupfs" || driver === "systemd") return driver;
  throw new SettingsError("--cgroup-driver: must be one of auto, cgroupfs, systemd");
}

function readMaxPods(settings: Settings): number {
  const pods = settings.number("max-pods") ?? 110;
  if (!Number.isInteger(pods) || pods < 1) throw new SettingsError("--max-pods: must be a whole number above 0");
  return pods;
}

function amount(settings: Settings, name: string, parse: (text: string) => number | undefined): number {
  const value = parse(settings.text(name) ?? "0");
  if (value === undefined) throw new SettingsError(`--${name}: must be a quantity such as 500m or 1Gi`);
  return value;
}

function keptFree(settings: Settings, name: string, usual: string): KeptFree {
  const value = parseKeptFree(settings.text(name) ?? usual);
  if (value === undefined) throw new SettingsError(`--${name}: must be a quantity such as 1Gi or a percentage`);
  return value;
}
