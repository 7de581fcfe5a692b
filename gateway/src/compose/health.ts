/** Whether the gateway is alive and ready, for the health endpoints. */
import type { PodController } from "../control/pod/controller.js";
import type { Node } from "../domain/kubernetes.js";
import type { Clock } from "../ports/clock.js";
import type { HealthView } from "../ports/kubelet.js";

/** The workers look at something at least so often: the session asks for it (snapshots every 5 min). */
const STUCK_MS = 2 * 5 * 60_000;

/** What health is read from. */
export interface HealthOptions {
  readonly pods: PodController;
  readonly clock: Clock;
  /** There is a session with the provider. */
  readonly isConnected: () => boolean;
  readonly nodeObject: () => Node | undefined;
}

/** Ready once the pods are listed, the provider is there and the node is registered. */
export function createHealth({ pods, isConnected, nodeObject, clock }: HealthOptions): HealthView {
  return {
    syncLoop: () => {
      const { turnedAt } = pods;
      if (turnedAt === undefined) return "the pod workers have not started";
      return clock.now() - turnedAt > STUCK_MS ? "the pod workers have not turned for 10 minutes" : undefined;
    },
    notReady: () => [
      ...(pods.table.listed ? [] : ["the pods of this node have not been listed yet"]),
      ...(isConnected() ? [] : ["no session with the provider"]),
      ...(nodeObject() === undefined ? ["the node is not registered"] : []),
    ],
  };
}
