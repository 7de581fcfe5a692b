// What is judged, all of it started here inside an enclosure: control plane, containerd v2 with its registry, the cri
// provider and the gateway. As with the recorded kubelet, the node has no taint, and the usual images are there.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { eventually, findFreePorts, startCluster } from "@outboard/devcluster";
import {
  AGNHOST_IMAGE,
  BUSYBOX_IMAGE,
  findTestImages,
  NODE_ADDRESS,
  NONROOT_IMAGE,
  startContainerd,
  startRegistry,
} from "@outboard/runtimes";
import { manageProcess, type ManagedProcess } from "../support/managed-process.js";
import { conditionOf, type Node } from "../support/objects.js";
import { gatewayProgram } from "../support/programs.js";
import { plainImages } from "./plain-images.js";

export interface Rig extends AsyncDisposable {
  readonly kubeconfig: string;
  readonly nodeName: string;
}

export interface RigOptions {
  /** Where the logs of the gateway and the provider are kept. */
  readonly logs: string;
  readonly report: (line: string) => void;
}

const NODE_NAME = "ob-1";
const READY_MS = 60_000;
const ROOT = join(import.meta.dirname, "..", "..", "..", "..");

export async function startRig({ logs, report }: RigOptions): Promise<Rig> {
  await using stack = new AsyncDisposableStack();
  mkdirSync(logs, { recursive: true });
  report("starting the control plane and containerd");
  const cluster = stack.use(await startCluster());
  const images = plainImages(findTestImages() ?? "", join(cluster.folder, "images"));
  const registry = stack.use(await startRegistry({ store: images }));
  const containerd = stack.use(await startContainerd({ version: "v2", registry }));
  await containerd.pull(BUSYBOX_IMAGE, AGNHOST_IMAGE, NONROOT_IMAGE);
  const socket = join(cluster.folder, "provider.sock");
  const provider = stack.use(startProvider(socket, containerd.endpoint, { folder: cluster.folder, logs }));
  const [managementPort = 0] = await findFreePorts(1);
  const program = gatewayProgram({
    nodeName: NODE_NAME,
    kubeconfig: await cluster.nodeKubeconfig(NODE_NAME),
    socket,
    clientCA: cluster.caFile,
    address: NODE_ADDRESS,
    managementPort,
    args: ["--node-taints=", "--cluster-dns", "10.96.0.10"],
  });
  const gateway = stack.use(manageProcess(program, join(logs, "gateway.log")));
  gateway.start();
  const isReady = async (): Promise<boolean> => {
    provider.expectRunning();
    gateway.expectRunning();
    const node = await cluster.api.get<Node>(`/api/v1/nodes/${NODE_NAME}`);
    return conditionOf(node, "Ready")?.status === "True" && node.spec?.taints === undefined;
  };
  await eventually(isReady, { message: `node ${NODE_NAME} Ready`, timeoutMs: READY_MS });
  report(`node ${NODE_NAME} is Ready`);
  const owned = stack.move();
  return {
    kubeconfig: cluster.adminKubeconfig,
    nodeName: NODE_NAME,
    [Symbol.asyncDispose]: async () => owned.disposeAsync(),
  };
}

function startProvider(
  socket: string,
  criSocket: string,
  { folder, logs }: { readonly folder: string; readonly logs: string },
): ManagedProcess {
  const file = join(ROOT, "providers-ts", "cri", "bin", "outboard-provider-cri.mjs");
  const flags = [
    ["--listen", `unix://${socket}`],
    ["--cri-socket", criSocket],
    ["--state", join(folder, "cri")],
    ["--node-ip", NODE_ADDRESS],
    ["--log-level", "debug"],
  ];
  const program = { name: "provider", command: process.execPath, args: [file, ...flags.flat()] };
  const provider = manageProcess(program, join(logs, "provider.log"));
  provider.start();
  return provider;
}
