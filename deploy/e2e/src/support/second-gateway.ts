// A second gateway for the node of a world.

import { join } from "node:path";
import { findFreePorts } from "@outboard/devcluster";
import { manageProcess, type ManagedProcess } from "./managed-process.js";
import { gatewayProgram } from "./programs.js";
import type { World } from "./world.js";

export async function startSecondGateway(world: World): Promise<ManagedProcess> {
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
  const managed = manageProcess(program, join(world.folder, "second.log"));
  managed.start();
  return managed;
}
