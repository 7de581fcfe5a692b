// The command lines of gateway and memory provider, as an operator would start them: default settings, logs to files.

import { resolve, join } from "node:path";
import { type Child, startChild } from "@outboard/devcluster";

export interface Place {
  /** For sockets and logs. */
  readonly folder: string;
  readonly socket: string;
  /** Folder for CPU profiles; undefined: none. */
  readonly cpuProf: string | undefined;
}

export interface GatewayPlace extends Place {
  readonly nodeName: string;
  readonly kubeconfig: string;
  readonly clientCA: string;
  /** For health and metrics; absent: any. */
  readonly managementPort?: number;
  /** More flags. */
  readonly args?: readonly string[];
}

const ROOT = join(import.meta.dirname, "..", "..", "..");

/** `name`: of its log and CPU profile. */
export function launchProvider(place: Place, name = "provider"): Child {
  return launchProgram(name, "providers-ts/memory/bin/outboard-provider-memory.mjs", {
    place,
    args: ["--listen", `unix://${place.socket}`],
  });
}

/** As in a cluster with a DNS service: without its address every pod gets a warning. */
export function launchGateway(place: GatewayPlace, name = "gateway"): Child {
  const flags = {
    "node-name": place.nodeName,
    kubeconfig: place.kubeconfig,
    provider: `unix://${place.socket}`,
    "kubelet-address": "127.0.0.1",
    "kubelet-port": "0",
    "management-port": String(place.managementPort ?? 0),
    "client-ca": place.clientCA,
    "cluster-dns": "10.0.0.10",
    "node-addresses": `InternalIP=127.0.0.1,Hostname=${place.nodeName}`,
  };
  const args = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value]);
  return launchProgram(name, "gateway/bin/outboard.mjs", { place, args: ["gateway", ...args, ...(place.args ?? [])] });
}

export function profileFile(folder: string, name: string): string {
  return join(resolve(folder), `${name}.cpuprofile`);
}

export interface Launch {
  readonly place: Place;
  readonly args: readonly string[];
}

/** `file`: from the root of the repository. */
export function launchProgram(name: string, file: string, { place, args }: Launch): Child {
  const { folder, cpuProf } = place;
  const profile =
    cpuProf === undefined
      ? []
      : ["--cpu-prof", `--cpu-prof-dir=${resolve(cpuProf)}`, `--cpu-prof-name=${name}.cpuprofile`];
  return startChild({
    name,
    command: process.execPath,
    args: [...profile, join(ROOT, file), ...args],
    logFile: join(folder, `${name}.log`),
  });
}
