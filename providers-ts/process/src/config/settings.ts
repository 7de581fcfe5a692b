/** The process provider's settings: flags, the same keys in the file, and their meaning. */
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { SettingsError, type FlagSpec, type Settings } from "@outboard/provider-sdk";
import type { ImageMapping, ImagePolicy } from "../images/image-policy.js";
import type { MachineWishes } from "../machine/machine.js";
import { parseRange } from "../network/addresses.js";

export const FLAGS: readonly FlagSpec[] = [
  { name: "state", kind: "text", help: "folder of the provider's own (default /var/lib/outboard/process as root)" },
  {
    name: "image-policy",
    kind: "text",
    help: "mapped (default) or map-all: every image name stands for the host's files",
  },
  { name: "image", kind: "list", help: "NAME=FOLDER: an image name (with *) that stands for a folder; may repeat" },
  { name: "isolation", kind: "text", help: "auto (default) or none: plain process groups" },
  { name: "network", kind: "text", help: "auto (default), bridge or host" },
  { name: "network-cidr", kind: "text", help: "IPv4 range of pod addresses (default: a free /24 of 10.208.0.0/12)" },
  { name: "cgroups", kind: "text", help: "auto (default) or none" },
  { name: "max-pods", kind: "number", help: "pods that the node offers (default 110)" },
];

export interface ProcessSettings {
  readonly state: string;
  readonly images: ImagePolicy;
  readonly wishes: Omit<MachineWishes, "groupName">;
  readonly maxPods: number;
  readonly networkCidr: string | undefined;
}

/** @throws SettingsError naming the flag. */
export function readProcessSettings(settings: Settings): ProcessSettings {
  return {
    state: readState(settings),
    images: {
      mappings: settings.list("image").map(parseMapping),
      mapAll: oneOf(settings, "image-policy", ["mapped", "map-all"]) === "map-all",
    },
    wishes: {
      isolation: oneOf(settings, "isolation", ["auto", "none"]),
      network: oneOf(settings, "network", ["auto", "bridge", "host"]),
      cgroups: oneOf(settings, "cgroups", ["auto", "none"]),
    },
    maxPods: readMaxPods(settings),
    networkCidr: readCidr(settings),
  };
}

/** Overlays take paths apart at these characters. */
function readState(settings: Settings): string {
  const own = process.getuid?.() === 0 ? "/var/lib/outboard/process" : join(homedir(), ".local/state/outboard/process");
  const state = resolve(settings.text("state") ?? own);
  if (/[,:\\\s]/.test(state)) throw new SettingsError("--state: must hold no comma, colon, backslash or blank");
  return state;
}

function readCidr(settings: Settings): string | undefined {
  const cidr = settings.text("network-cidr");
  try {
    if (cidr !== undefined) parseRange(cidr);
    return cidr;
  } catch (error) {
    throw new SettingsError(`--network-cidr: ${(error as Error).message}`);
  }
}

function readMaxPods(settings: Settings): number {
  const pods = settings.number("max-pods") ?? 110;
  if (!Number.isInteger(pods) || pods < 1) throw new SettingsError("--max-pods: must be a whole number above 0");
  return pods;
}

function parseMapping(text: string): ImageMapping {
  const at = text.indexOf("=");
  const folder = text.slice(at + 1);
  if (at < 1 || !folder.startsWith("/")) throw new SettingsError(`--image: ${text} is not NAME=/FOLDER`);
  return { match: text.slice(0, at), rootfs: resolve(folder) };
}

function oneOf<const Choice extends string>(
  settings: Settings,
  name: string,
  choices: readonly [Choice, ...Choice[]],
): Choice {
  const text = settings.text(name) ?? choices[0];
  const choice = choices.find((one) => one === text);
  if (choice === undefined) throw new SettingsError(`--${name}: must be one of ${choices.join(", ")}`);
  return choice;
}
