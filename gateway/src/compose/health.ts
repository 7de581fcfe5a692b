/** Whether the gateway is alive and ready, for the health endpoints. */
import type { PodController } from "../control/pod/controller.js";
import type { Node } from "../domain/kubernetes.js";
import type { HealthView } from "../ports/kubelet.js";
import type { ProviderInfo } from "../ports/provider.js";

/** What health is read from. */
export interface HealthOptions {
  readonly pods: PodController;
  readonly info: () => ProviderInfo | undefined;
  readonly nodeObject: () => Node | undefined;
}

/** Ready once the pods are listed, the provider is there and the node is registered. */
export function createHealth({ pods, info, nodeObject }: HealthOptions): HealthView {
  return {
    syncLoop: () => undefined,
    notReady: () => [
      ...(pods.table.listed ? [] : ["the pods of this node have not been listed yet"]),
      ...(info() === undefined ? ["no session with the provider"] : []),
      ...(nodeObject() === undefined ? ["the node is not registered"] : []),
    ],
  };
}
