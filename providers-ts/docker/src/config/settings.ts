/** The docker provider's settings: flags, the same keys in the file, and their meaning. */
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { SettingsError, type FlagSpec, type Settings } from "@outboard/provider-sdk";
import { parseReference } from "../images/reference.js";

export const FLAGS: readonly FlagSpec[] = [
  { name: "docker-socket", kind: "text", help: "the engine's UNIX socket (default /var/run/docker.sock)" },
  { name: "state", kind: "text", help: "folder of the provider's own (default /var/lib/outboard/docker as root)" },
  { name: "network", kind: "text", help: "the engine's network that pods join (default bridge)" },
  { name: "infra-image", kind: "text", help: "image there that waits for ever (default: one of a few bytes is made)" },
  { name: "pids-limit", kind: "number", help: "processes per container (default: the engine's)" },
  { name: "max-pods", kind: "number", help: "pods that the node offers (default 110)" },
];

export interface DockerSettings {
  readonly socketPath: string;
  readonly state: string;
  readonly network: string;
  readonly infraImage: string | undefined;
  readonly pidsLimit: number | undefined;
  readonly maxPods: number;
}

/** @throws SettingsError naming the flag. */
export function readDockerSettings(settings: Settings): DockerSettings {
  return {
    socketPath: resolve((settings.text("docker-socket") ?? "/var/run/docker.sock").replace(/^unix:\/\//, "")),
    state: readState(settings),
    network: readNetwork(settings),
    infraImage: readInfraImage(settings),
    pidsLimit: readCount(settings, "pids-limit"),
    maxPods: readCount(settings, "max-pods") ?? 110,
  };
}

function readState(settings: Settings): string {
  const own = process.getuid?.() === 0 ? "/var/lib/outboard/docker" : join(homedir(), ".local/state/outboard/docker");
  return resolve(settings.text("state") ?? own);
}

/** Modes that are no network would take the pod's own away. */
function readNetwork(settings: Settings): string {
  const network = settings.text("network") ?? "bridge";
  if (network === "host" || network === "none" || network.startsWith("container:")) {
    throw new SettingsError("--network: must name a network of the engine that gives each pod an address");
  }
  return network;
}

function readInfraImage(settings: Settings): string | undefined {
  const image = settings.text("infra-image");
  if (image !== undefined && parseReference(image) === undefined) {
    throw new SettingsError(`--infra-image: ${image} is not an image name`);
  }
  return image;
}

function readCount(settings: Settings, name: string): number | undefined {
  const count = settings.number(name);
  if (count === undefined || (Number.isInteger(count) && count > 0)) return count;
  throw new SettingsError(`--${name}: must be a whole number above 0`);
}
