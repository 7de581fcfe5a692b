/** The node that the memory provider pretends to be. */
import { arch } from "node:process";
import { architectureName, type NodeReport } from "@outboard/provider-sdk";

/** Its size, in Kubernetes quantities. */
export interface NodeSize {
  readonly cpu: string;
  readonly memory: string;
  readonly pods: number;
}

/** The report. */
export function reportNode(size: NodeSize, podsNow: number, isDown: boolean): NodeReport {
  return {
    ...(isDown
      ? { state: "broken", reason: "BackendUnavailable", message: "the simulated backend is away" }
      : { state: "ready" }),
    node: {
      capacity: new Map([
        ["cpu", size.cpu],
        ["memory", size.memory],
        ["ephemeral-storage", size.memory],
        ["pods", String(size.pods)],
      ]),
      allocatable: new Map(),
      conditions: [],
      addresses: [],
      labels: new Map(),
      taints: [],
      operatingSystem: "linux",
      architecture: architectureName(arch),
      containerRuntimeName: "memory",
      containerRuntimeVersion: "0.1.0",
      runtimeHandlers: [],
      supplementalGroupsPolicy: undefined,
      images: [],
      kernelVersion: "",
      osImage: "simulation",
    },
    info: new Map([["pods", String(podsNow)]]),
  };
}
