// Who takes part: ours with its provider, the peer as it is published and at its best, and the floor. Each turn starts
// its programs anew, on a node of its own.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Child, createAuthority, findFreePorts, issue, startChild } from "@outboard/devcluster";
import type { AuditReader } from "../audit-log.js";
import type { Measured } from "../phase.js";
import { launchGateway, launchProvider } from "../programs.js";
import { checkChild, nodeReady, socketReady } from "../rig.js";
import { forgetNode, type Ground } from "./ground.js";
import type { ContenderName } from "./options.js";
import { LIFTED, STOCK } from "./peer-programs.js";

export interface Contender extends Measured, AsyncDisposable {
  readonly name: ContenderName;
  readonly nodeName: string;
  readonly gateway: Child;
  /** Absent: it is no program of its own. */
  readonly provider?: Child;
  /** Where its metrics are; absent: it has none that we read. */
  readonly metricsUrl?: string;
  /** Kills the gateway and starts another for the same node, which need not be ready yet. Ours only. */
  replaceGateway?(): Promise<Parts>;
}

export interface ContenderPlace {
  readonly ground: Ground;
  readonly name: ContenderName;
  readonly nodeName: string;
  /** Room of its node. */
  readonly pods: number;
  readonly peers: ReadonlyMap<string, string>;
  readonly cpuProf?: string;
  readonly signal: AbortSignal;
}

/** Started and Ready; on disposal its programs are ended and its node is deleted. */
export async function startContender(place: ContenderPlace): Promise<Contender> {
  const { ground, nodeName, signal } = place;
  mkdirSync(folderOf(place), { recursive: true });
  const opened: Child[] = [];
  const close = async (): Promise<void> => {
    for (const child of opened.toReversed()) await child[Symbol.asyncDispose]();
    await forgetNode(ground.api, nodeName);
  };
  try {
    const parts = await LAUNCHES[place.name](place, opened);
    const contender = { ...parts, name: place.name, nodeName, [Symbol.asyncDispose]: close };
    await nodeReady({ api: ground.api, check: contender.check }, nodeName, signal);
    return contender;
  } catch (error) {
    await close();
    throw error;
  }
}

/** The programs of a contender. */
export type Parts = Omit<Contender, "name" | "nodeName" | typeof Symbol.asyncDispose>;
/** Notes every child in `opened` as soon as it runs. */
type LaunchContender = (place: ContenderPlace, opened: Child[]) => Promise<Parts>;

const LAUNCHES: Readonly<Record<ContenderName, LaunchContender>> = {
  outboard: launchOurs,
  lifted: async (place, opened) => launchPeer(place, opened, LIFTED.name),
  stock: async (place, opened) => launchPeer(place, opened, STOCK.name),
  floor: launchFloor,
};

function folderOf({ ground, nodeName }: ContenderPlace): string {
  return join(ground.folder, nodeName);
}

async function launchOurs(place: ContenderPlace, opened: Child[]): Promise<Parts> {
  const { nodeName, cpuProf, signal } = place;
  const folder = folderOf(place);
  const socket = join(folder, "provider.sock");
  const provider = launchProvider({ folder, socket, cpuProf }, `provider-${nodeName}`);
  opened.push(provider);
  await socketReady(provider, socket, signal);
  return withGateway(place, provider, opened);
}

async function withGateway(place: ContenderPlace, provider: Child, opened: Child[]): Promise<Parts> {
  const { ground, nodeName, cpuProf } = place;
  const folder = folderOf(place);
  const [managementPort = 0] = await findFreePorts(1);
  const gatewayPlace = {
    folder,
    socket: join(folder, "provider.sock"),
    cpuProf,
    nodeName,
    kubeconfig: await ground.cluster.nodeKubeconfig(nodeName),
    clientCA: ground.cluster.caFile,
    managementPort,
  };
  const gateway = launchGateway(gatewayPlace, `gateway-${nodeName}`);
  opened.push(gateway);
  return {
    gateway,
    provider,
    pids: { gateway: [gateway.pid], provider: [provider.pid] },
    requests: nodeRequests(place),
    check: () => [gateway, provider].forEach(checkChild),
    metricsUrl: `http://127.0.0.1:${managementPort}/metrics`,
    replaceGateway: async () => {
      await gateway.kill();
      return withGateway(place, provider, opened);
    },
  };
}

/** The peer sets labels that a node's own credential may not: it gets an administrator's. */
async function launchPeer(place: ContenderPlace, opened: Child[], program: string): Promise<Parts> {
  const { ground, nodeName, pods, peers } = place;
  const command = peers.get(program);
  if (command === undefined) throw new Error(`${program} was not built`);
  const user = `peer:${nodeName}`;
  const kubeconfig = await ground.cluster.userKubeconfig(user, ["system:masters"]);
  const base = ["--kubeconfig", kubeconfig, "--nodename", nodeName];
  const isStock = program === STOCK.name;
  const gateway = startChild({
    name: `${program}-${nodeName}`,
    command,
    args: isStock ? [...base, ...stockArgs(place)] : [...base, "--pods", String(pods)],
    logFile: join(folderOf(place), `${program}.log`),
    env: { ...process.env, ...(isStock ? await stockEnvironment(place) : {}) },
  });
  opened.push(gateway);
  return alone(gateway, ground.requestsOf(user));
}

function stockArgs(place: ContenderPlace): string[] {
  const config = join(folderOf(place), "mock.json");
  const room = { cpu: "10000", memory: "10Ti", pods: String(place.pods) };
  writeFileSync(config, JSON.stringify({ [place.nodeName]: room }));
  return ["--provider", "mock", "--provider-config", config, "--metrics-addr", "127.0.0.1:0"];
}

/** It does not start without a certificate, and with a CA it lets in only whom that knows. */
async function stockEnvironment(place: ContenderPlace): Promise<Readonly<Record<string, string>>> {
  const [port = 0] = await findFreePorts(1);
  const now = new Date();
  const authority = createAuthority("outboard-bench-peer", now);
  const request = { commonName: place.nodeName, usage: "server", ipAddresses: ["127.0.0.1"], dnsNames: [] } as const;
  const { certificatePem, keyPem } = issue(authority, request, now);
  const write = (name: string, pem: string): string => {
    const file = join(folderOf(place), name);
    writeFileSync(file, pem, { mode: 0o600 });
    return file;
  };
  return {
    KUBELET_PORT: String(port),
    VKUBELET_POD_IP: "127.0.0.1",
    APISERVER_CERT_LOCATION: write("peer.crt", certificatePem),
    APISERVER_KEY_LOCATION: write("peer.key", keyPem),
    APISERVER_CA_CERT_LOCATION: write("peer-ca.crt", authority.certificatePem),
  };
}

async function launchFloor(place: ContenderPlace, opened: Child[]): Promise<Parts> {
  const { ground, nodeName, pods } = place;
  const kubeconfig = await ground.cluster.nodeKubeconfig(nodeName);
  const gateway = startChild({
    name: `floor-${nodeName}`,
    command: process.execPath,
    args: [join(import.meta.dirname, "floor-main.js"), kubeconfig, nodeName, String(pods)],
    logFile: join(folderOf(place), "floor.log"),
  });
  opened.push(gateway);
  return alone(gateway, nodeRequests(place));
}

function alone(gateway: Child, requests: AuditReader): Parts {
  const pids = { gateway: [gateway.pid], provider: [] };
  return { gateway, pids, requests, check: () => checkChild(gateway) };
}

function nodeRequests({ ground, nodeName }: ContenderPlace): AuditReader {
  return ground.requestsOf(`system:node:${nodeName}`);
}
