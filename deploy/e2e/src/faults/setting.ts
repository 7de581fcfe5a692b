// The programs of a cell, as a fault needs them: which provider, how the gateway reaches it, what is between them.

import { existsSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Cluster, createAuthority, findFreePorts, issue } from "@outboard/devcluster";
import type { Program } from "../support/managed-process.js";
import { gatewayProgram, providerProgram } from "../support/programs.js";
import { type Disk, mountDisk } from "./disk.js";
import { type Link, startLink } from "./link.js";

export interface Setting {
  readonly provider: "memory" | "process";
  /** What the gateway connects to: the provider itself, or a link before its socket or its port. */
  readonly link: "none" | "unix" | "tcp";
  /** The provider's state is on a small disk. */
  readonly hasDisk?: boolean;
}

/** What programs are made from. */
export interface Kit {
  readonly cluster: Cluster;
  readonly folder: string;
  readonly nodeName: string;
  readonly kubeconfig: string;
}

export interface Prepared {
  readonly gateway: Program;
  readonly provider: Program;
  readonly link: Link | undefined;
  readonly disk: Disk | undefined;
  /** The provider takes connections. */
  readonly listens: () => Promise<boolean>;
}

const CLOCK = pathToFileURL(join(import.meta.dirname, "stepped-clock.js")).href;

export async function prepareSetting(setting: Setting, kit: Kit, stack: AsyncDisposableStack): Promise<Prepared> {
  const { folder, nodeName, kubeconfig, cluster } = kit;
  const way = setting.link === "tcp" ? await overTcp(folder) : overSocket(folder, setting.link);
  const link = way.link === undefined ? undefined : stack.use(await way.link());
  const [managementPort = 0] = await findFreePorts(1);
  const gateway = gatewayProgram({
    nodeName,
    kubeconfig,
    managementPort,
    socket: join(folder, "provider.sock"),
    clientCA: cluster.caFile,
    address: "127.0.0.1",
    args: way.gatewayArgs,
  });
  const stateFolder = join(folder, "state");
  const disk = setting.hasDisk === true ? stack.use(await mountDisk(stateFolder, join(folder, "disk.log"))) : undefined;
  const provider = withAddress(providerFor(setting, folder, way.providerArgs), "--listen", way.listen);
  const env = { ...process.env, NODE_OPTIONS: `--import=${CLOCK}`, OUTBOARD_CLOCK_FILE: join(folder, "clock") };
  return {
    gateway: { ...withAddress(gateway, "--provider", way.dial), env },
    provider: disk?.within(provider) ?? provider,
    link,
    disk,
    listens: way.listens,
  };
}

function providerFor({ provider }: Setting, folder: string, more: readonly string[]): Program {
  const own =
    provider === "memory" ? ["--faults", join(folder, "faults.json"), "--ledger", join(folder, "ledger")] : [];
  const args = [...own, "--log-level", "debug", ...more];
  return providerProgram({ provider, socket: "", stateFolder: join(folder, "state"), args });
}

function withAddress(program: Program, flag: string, address: string): Program {
  const at = program.args.indexOf(flag) + 1;
  return { ...program, args: program.args.with(at, address) };
}

interface Way {
  readonly dial: string;
  readonly listen: string;
  readonly gatewayArgs: readonly string[];
  readonly providerArgs: readonly string[];
  readonly link?: () => Promise<Link>;
  readonly listens: () => Promise<boolean>;
}

function overSocket(folder: string, link: "none" | "unix"): Way {
  const [socket, before] = [join(folder, "provider.sock"), join(folder, "link.sock")];
  const listens = async (): Promise<boolean> => existsSync(socket);
  const direct = { dial: `unix://${socket}`, listen: `unix://${socket}`, gatewayArgs: [], providerArgs: [], listens };
  if (link === "none") return direct;
  return { ...direct, dial: `unix://${before}`, link: async () => startLink({ path: before }, { path: socket }) };
}

/** With TLS of both sides, as TCP is meant to be used. */
async function overTcp(folder: string): Promise<Way> {
  const [port = 0, before = 0] = await findFreePorts(2);
  const now = new Date();
  const authority = createAuthority("link", now);
  const server = issue(authority, { commonName: "provider", usage: "server", ipAddresses: ["127.0.0.1"] }, now);
  const client = issue(authority, { commonName: "gateway", usage: "client" }, now);
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text, { mode: 0o600 });
    return join(folder, name);
  };
  const ca = file("link-ca.pem", authority.certificatePem);
  const pair = (name: string, identity: typeof server): readonly string[] => [
    file(`${name}.pem`, identity.certificatePem),
    file(`${name}.key`, identity.keyPem),
  ];
  const [serverCert = "", serverKey = ""] = pair("link-server", server);
  const [clientCert = "", clientKey = ""] = pair("link-client", client);
  return {
    dial: `tcp://127.0.0.1:${before}`,
    listen: `tcp://127.0.0.1:${port}`,
    gatewayArgs: ["--provider-ca", ca, "--provider-cert", clientCert, "--provider-key", clientKey],
    providerArgs: ["--tls-ca", ca, "--tls-cert", serverCert, "--tls-key", serverKey],
    link: async () => startLink({ port: before, host: "127.0.0.1" }, { port, host: "127.0.0.1" }),
    listens: async () => isOpen(port),
  };
}

async function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1" }, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
