// One gateway and one provider as processes of their own: started, and looked after.

import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Child, Cluster } from "@outboard/devcluster";
import { launchGateway, launchProgram, type Place } from "../programs.js";
import { checkChild, waitFor } from "../rig.js";

export type ProviderName = "process" | "memory" | "cri" | "docker";

export interface Node {
  readonly nodeName: string;
  readonly provider: Child;
  /** Of the provider. */
  readonly socket: string;
  readonly gateway: Child;
  readonly check: () => void;
}

export interface NodePlace {
  readonly cluster: Cluster;
  readonly folder: string;
  /** Folder for the gateway's CPU profile; absent: none. */
  readonly cpuProf?: string;
  /** Takes what must be closed, also when the start fails half-way. */
  readonly opened: AsyncDisposable[];
  /** Flags of the provider's own. */
  readonly providerArgs?: readonly string[];
  readonly signal: AbortSignal;
}

const READY_MS = 60_000;

export async function startNode(name: ProviderName, place: NodePlace): Promise<Node> {
  const { cluster, cpuProf, opened, signal, providerArgs = [] } = place;
  const nodeName = `bench-${name}`;
  const folder = join(place.folder, name);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const socket = join(folder, "provider.sock");
  const provider = launchProvider(name, { folder, socket, cpuProf }, providerArgs);
  opened.push(provider);
  await waitFor(
    () => checkChild(provider),
    () => existsSync(socket),
    { message: `the socket of provider ${name}`, timeoutMs: READY_MS, signal },
  );
  const kubeconfig = await cluster.nodeKubeconfig(nodeName);
  const gateway = launchGateway({ folder, socket, cpuProf, kubeconfig, nodeName, clientCA: cluster.caFile }, nodeName);
  opened.push(gateway);
  return { nodeName, provider, gateway, socket, check: () => [gateway, provider].forEach(checkChild) };
}

function launchProvider(name: ProviderName, place: Place, own: readonly string[]): Child {
  const args = name === "memory" ? [] : ["--state", join(place.folder, "state")];
  return launchProgram(`provider-${name}`, `providers-ts/${name}/bin/outboard-provider-${name}.mjs`, {
    place,
    args: ["--listen", `unix://${place.socket}`, ...args, ...own],
  });
}
