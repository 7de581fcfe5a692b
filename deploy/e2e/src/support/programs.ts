// The command lines of our own programs, as a user would start them from a checkout.

import { join } from "node:path";
import type { Program } from "./managed-process.js";

export type ProviderName = "memory" | "process" | "cri" | "docker";

export interface GatewayLaunch {
  readonly nodeName: string;
  readonly kubeconfig: string;
  readonly socket: string;
  readonly clientCA: string;
  readonly address: string;
  readonly managementPort: number;
  /** Default: any. */
  readonly kubeletPort?: number;
  readonly args: readonly string[];
}

export interface ProviderLaunch {
  readonly provider: ProviderName;
  readonly socket: string;
  readonly stateFolder: string;
  readonly args: readonly string[];
}

const ROOT = join(import.meta.dirname, "..", "..", "..", "..");

export function gatewayProgram(launch: GatewayLaunch): Program {
  const args = [
    ["--node-name", launch.nodeName],
    ["--kubeconfig", launch.kubeconfig],
    ["--provider", `unix://${launch.socket}`],
    ["--kubelet-address", launch.address],
    ["--kubelet-port", String(launch.kubeletPort ?? 0)],
    ["--client-ca", launch.clientCA],
    ["--management-port", String(launch.managementPort)],
    ["--node-addresses", `InternalIP=${launch.address},Hostname=${launch.nodeName}`],
    ["--log-level", "debug"],
  ].flat();
  return nodeProgram("gateway", "gateway/bin/outboard.mjs", ["gateway", ...args, ...launch.args]);
}

export function providerProgram(launch: ProviderLaunch): Program {
  const { provider } = launch;
  const file = `providers-ts/${provider}/bin/outboard-provider-${provider}.mjs`;
  const images = provider === "process" ? ["--image-policy", "map-all"] : [];
  const args = ["--listen", `unix://${launch.socket}`, "--state", launch.stateFolder, ...images, ...launch.args];
  return nodeProgram("provider", file, args);
}

function nodeProgram(name: string, file: string, args: readonly string[]): Program {
  return { name, command: process.execPath, args: [join(ROOT, file), ...args] };
}
