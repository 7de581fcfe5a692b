// What Kubernetes' tests run on, all in one enclosure: control plane, registry, containerd, the cri provider and the gateway as the only node.

import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Cluster, eventually, findFreePorts, startCluster } from "@outboard/devcluster";
import { findTestImages, NODE_ADDRESS, type Registry, startContainerd, startRegistry } from "@outboard/runtimes";
import { manageProcess, type ManagedProcess } from "../support/managed-process.js";
import { conditionOf, type Node } from "../support/objects.js";
import { gatewayProgram, providerProgram } from "../support/programs.js";

export interface Ground extends AsyncDisposable {
  readonly cluster: Cluster;
  /** The administrator's, by an address that is not this machine's loopback: kubectl takes no proxy to that. */
  readonly kubeconfig: string;
  readonly registry: Registry;
  readonly gateway: ManagedProcess;
  readonly provider: ManagedProcess;
  /** Log files by name. */
  readonly logs: Readonly<Record<string, string>>;
}

const NODE_NAME = "node-1";
const DNS_ADDRESS = "10.96.0.10";
/** Where clients in pods look for the API server; there is no kube-proxy. */
const SERVICE_ADDRESS = "10.96.0.1";
/** The one that tests have written down. */
const KUBELET_PORT = 10_250;
const READY_MS = 60_000;

export async function startGround(): Promise<Ground> {
  const stack = new AsyncDisposableStack();
  try {
    const cluster = stack.use(await startCluster({ apiServerArgs: apiServerArgs() }));
    routeService(new URL(cluster.server).port);
    const registry = stack.use(await startRegistry({ store: findTestImages() ?? "" }));
    const containerd = stack.use(await startContainerd({ version: "v2", registry }));
    const folder = mkdtempSync(join(tmpdir(), "node-"));
    const provider = stack.use(startProvider(folder, containerd.socket));
    const gateway = stack.use(await startGateway(folder, cluster));
    await ready(cluster, [provider, gateway]);
    const logs = { gateway: gateway.logFile, provider: provider.logFile, containerd: containerd.logFile };
    const kubeconfig = writeKubeconfig(cluster);
    return {
      cluster,
      kubeconfig,
      registry,
      gateway,
      provider,
      logs,
      [Symbol.asyncDispose]: async () => stack.disposeAsync(),
    };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

/** Pods reach it at the node's address. */
function apiServerArgs(): string[] {
  return ["--bind-address=0.0.0.0", `--advertise-address=${NODE_ADDRESS}`, "--endpoint-reconciler-type=lease"];
}

function writeKubeconfig({ adminKubeconfig, folder, server }: Cluster): string {
  const file = join(folder, "service.kubeconfig");
  const text = readFileSync(adminKubeconfig, "utf8").replaceAll(server, `https://${SERVICE_ADDRESS}`);
  writeFileSync(file, text, { mode: 0o600 });
  return file;
}

function routeService(port: string): void {
  for (const chain of ["PREROUTING", "OUTPUT"]) {
    const rule = ["-d", `${SERVICE_ADDRESS}/32`, "-p", "tcp", "--dport", "443"];
    const target = ["-j", "DNAT", "--to-destination", `${NODE_ADDRESS}:${port}`];
    execFileSync("iptables", ["-t", "nat", "-A", chain, ...rule, ...target]);
  }
}

function startProvider(folder: string, runtimeSocket: string): ManagedProcess {
  const stateFolder = join(folder, "state");
  mkdirSync(stateFolder, { mode: 0o700 });
  const args = ["--cri-socket", `unix://${runtimeSocket}`, "--node-ip", NODE_ADDRESS];
  const program = providerProgram({ provider: "cri", socket: join(folder, "provider.sock"), stateFolder, args });
  return started(program, join(folder, "provider.log"));
}

/** Without taint: tests wait for nodes that every pod can go to. */
async function startGateway(folder: string, cluster: Cluster): Promise<ManagedProcess> {
  const [managementPort = 0] = await findFreePorts(1);
  const program = gatewayProgram({
    nodeName: NODE_NAME,
    kubeconfig: await cluster.nodeKubeconfig(NODE_NAME),
    socket: join(folder, "provider.sock"),
    clientCA: cluster.caFile,
    address: NODE_ADDRESS,
    managementPort,
    kubeletPort: KUBELET_PORT,
    args: ["--node-taints=", "--cluster-dns", DNS_ADDRESS],
  });
  return started(program, join(folder, "gateway.log"));
}

function started(...[program, logFile]: Parameters<typeof manageProcess>): ManagedProcess {
  const managed = manageProcess(program, logFile);
  managed.start();
  return managed;
}

async function ready({ api }: Cluster, processes: readonly ManagedProcess[]): Promise<void> {
  const isReady = async (): Promise<boolean> => {
    for (const process of processes) process.expectRunning();
    const node = await api.get<Node>(`/api/v1/nodes/${NODE_NAME}`);
    return conditionOf(node, "Ready")?.status === "True";
  };
  await eventually(isReady, { message: `node ${NODE_NAME} Ready`, timeoutMs: READY_MS, intervalMs: 200 });
}
