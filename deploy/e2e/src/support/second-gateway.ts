// A second gateway for the node of a world.

import { join } from "node:path";
import { findFreePorts } from "@outboard/devcluster";
import { laterRevision } from "./later-gateway.js";
import { manageProcess, type ManagedProcess } from "./managed-process.js";
import { gatewayProgram } from "./programs.js";
import type { World } from "./world.js";

export interface SecondGatewayOptions {
  /** It speaks a later revision of the contract too, as one of the next release would. */
  readonly speaksLater?: boolean;
}

export async function startSecondGateway(world: World, options: SecondGatewayOptions = {}): Promise<ManagedProcess> {
  const [managementPort = 0] = await findFreePorts(1);
  const { cluster, nodeName, socket } = world;
  const kubeconfig = await cluster.nodeKubeconfig(nodeName);
  const program = gatewayProgram({
    nodeName,
    kubeconfig,
    socket,
    clientCA: cluster.caFile,
    managementPort,
    args: [],
    address: "127.0.0.1",
  });
  const started = options.speaksLater === true ? laterRevision(program) : program;
  const managed = manageProcess(started, join(world.folder, `gateway-${managementPort}.log`));
  managed.start();
  return managed;
}
