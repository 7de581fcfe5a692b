// A world for one test: its own node, namespace, gateway process and provider process on the shared control plane.

import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type ApiClient,
  type Cluster,
  findFreePorts,
  type KubectlOptions,
  type KubectlResult,
} from "@outboard/devcluster";
import { cleanUp } from "./clean-up.js";
import { manageProcess, type ManagedProcess } from "./managed-process.js";
import { namespaceUsable, nodeReady, socketThere } from "./node-ready.js";
import { gatewayProgram, type ProviderName, providerProgram } from "./programs.js";
import { afterThisTest, sharedCluster } from "./shared-cluster.js";
import { showLogs } from "./show-logs.js";

export interface WorldOptions {
  readonly provider: ProviderName;
  readonly gatewayArgs?: readonly string[];
  /** Of the node and its kubelet port. Default: 127.0.0.1, which the API server does not proxy to. */
  readonly address?: string;
  readonly providerArgs?: readonly string[];
  /** Default: the shared cluster. */
  readonly cluster?: Cluster;
  /** It serves several tests: its folder goes with it, and no failed test shows its logs. Default: it belongs to the running test. */
  readonly isLasting?: boolean;
  /** Replaces the program of the gateway; for tests of the harness itself. */
  readonly gatewayCommand?: readonly [command: string, ...args: string[]];
  readonly providerCommand?: readonly [command: string, ...args: string[]];
}

export interface World extends AsyncDisposable {
  readonly cluster: Cluster;
  readonly api: ApiClient;
  readonly nodeName: string;
  readonly namespace: string;
  /** Sockets, provider state and logs; removed after the test. */
  readonly folder: string;
  readonly socket: string;
  /** Plain HTTP port of the gateway for health and metrics. */
  readonly managementPort: number;
  readonly gateway: ManagedProcess;
  readonly provider: ManagedProcess;
  /** kubectl in the world's namespace; a failure throws with what it said. */
  kubectl(args: readonly string[], options?: KubectlOptions): Promise<string>;
  tryKubectl(args: readonly string[], options?: KubectlOptions): Promise<KubectlResult>;
  killGateway(): Promise<void>;
  /** Answers when the node is Ready by a lease that was renewed after this call. */
  startGateway(): Promise<void>;
  killProvider(): Promise<void>;
  /** Answers when the provider's socket is there. */
  startProvider(): Promise<void>;
}

export async function startWorld(options: WorldOptions): Promise<World> {
  const cluster = options.cluster ?? (await sharedCluster());
  const world = await createWorld(cluster, options);
  if (options.isLasting !== true)
    afterThisTest(
      () => showLogs(world),
      async () => removeFolder(world.folder),
    );
  try {
    await cluster.api.create("/api/v1/namespaces", { metadata: { name: world.namespace } });
    await world.startProvider();
    await Promise.all([world.startGateway(), namespaceUsable(world)]);
    return world;
  } catch (error) {
    await world[Symbol.asyncDispose]();
    throw error;
  }
}

async function createWorld(cluster: Cluster, options: WorldOptions): Promise<World> {
  const id = randomBytes(4).toString("hex");
  const place = { nodeName: `node-${id}`, namespace: `test-${id}`, folder: mkdtempSync(join(tmpdir(), "ob-")) };
  const socket = join(place.folder, "provider.sock");
  const [managementPort = 0] = await findFreePorts(1);
  const provider = manageProcess(providerFor(options, place.folder, socket), join(place.folder, "provider.log"));
  const gateway = await gatewayFor({ cluster, options, socket, managementPort, ...place });
  const world: World = {
    cluster,
    api: cluster.api,
    ...place,
    socket,
    managementPort,
    gateway,
    provider,
    kubectl: async (args, kubectl) => cluster.kubectl.run([`--namespace=${place.namespace}`, ...args], kubectl),
    tryKubectl: async (args, kubectl) => cluster.kubectl.attempt([`--namespace=${place.namespace}`, ...args], kubectl),
    killGateway: async () => gateway.kill(),
    startGateway: async () => {
      const since = new Date();
      gateway.start();
      await nodeReady(world, since);
    },
    killProvider: async () => provider.kill(),
    startProvider: async () => {
      rmSync(socket, { force: true });
      provider.start();
      await socketThere(world);
    },
    [Symbol.asyncDispose]: async () => {
      await cleanUp(world);
      if (options.isLasting === true) removeFolder(place.folder);
    },
  };
  return world;
}

function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
}

function providerFor(options: WorldOptions, folder: string, socket: string): ReturnType<typeof providerProgram> {
  if (options.providerCommand !== undefined) {
    const fake = replaced("provider", options.providerCommand);
    return { ...fake, args: [...fake.args, socket] };
  }
  const stateFolder = join(folder, "state");
  mkdirSync(stateFolder, { mode: 0o700 });
  return providerProgram({ provider: options.provider, socket, stateFolder, args: options.providerArgs ?? [] });
}

interface GatewayParts {
  readonly cluster: Cluster;
  readonly options: WorldOptions;
  readonly nodeName: string;
  readonly folder: string;
  readonly socket: string;
  readonly managementPort: number;
}

async function gatewayFor(parts: GatewayParts): Promise<ManagedProcess> {
  const { cluster, options, nodeName, socket, managementPort } = parts;
  const logFile = join(parts.folder, "gateway.log");
  const kubeconfig = await cluster.nodeKubeconfig(nodeName);
  const launch = {
    nodeName,
    kubeconfig,
    socket,
    managementPort,
    clientCA: cluster.caFile,
    address: options.address ?? "127.0.0.1",
    args: options.gatewayArgs ?? [],
  };
  const program = gatewayProgram(launch);
  if (options.gatewayCommand === undefined) return manageProcess(program, logFile);
  const fake = replaced("gateway", options.gatewayCommand);
  return manageProcess({ ...fake, args: [...fake.args, ...program.args.slice(1)] }, logFile);
}

function replaced(
  name: string,
  [command, ...args]: readonly [string, ...string[]],
): ReturnType<typeof providerProgram> {
  return { name, command, args };
}
