/** Port-forward to a simulated pod: every port that a container names answers what it gets; others refuse. */
import type { PortForwardResponse, PortForwardStart } from "@outboard/contract";
import { type PortForwardInput, refuse } from "@outboard/provider-sdk";
import type { Pods } from "../pods.js";

/** A server frame. */
export type ForwardFrame = NonNullable<PortForwardResponse["frame"]>;

/** Serves one connection. */
export async function* echoConnection(
  pods: Pods,
  start: PortForwardStart,
  input: PortForwardInput,
): AsyncGenerator<ForwardFrame> {
  const pod = pods.get(start.uid)?.state;
  if (pod?.sandbox !== "ready") throw refuse("NOT_RUNNING", "the pod has no network now");
  if (!pod.containers.some(({ ports }) => ports.includes(start.port))) {
    yield { $case: "failed", value: { message: `connection refused: port ${start.port}` } };
    return;
  }
  yield { $case: "opened", value: {} };
  for await (const frame of input) {
    if (frame.$case === "data") yield { $case: "data", value: frame.value };
    if (frame.$case === "halfClose") break;
  }
  yield { $case: "halfClose", value: {} };
}
