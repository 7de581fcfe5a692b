/** Pod events in the kubelet's words. */
import { PodEventType } from "@outboard/contract";
import type { EventDraft } from "../provider.js";
import { formatPod } from "./manifest.js";
import type { PulledImage } from "./runtime.js";

/** An event before it is bound to a pod and a time. */
export interface EventText {
  readonly type: "Normal" | "Warning";
  readonly reason: string;
  readonly message: string;
}

interface PodName {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
}

const LONGEST_MESSAGE = 1024;

/** The event as the host takes it. */
export function toEvent(pod: PodName, container: string, text: EventText, now: number): EventDraft {
  return {
    uid: pod.uid,
    time: new Date(now),
    type: text.type === "Normal" ? PodEventType.NORMAL : PodEventType.WARNING,
    reason: text.reason,
    container,
    message: text.message.slice(0, LONGEST_MESSAGE),
    count: 1,
  };
}

function normal(reason: string, message: string): EventText {
  return { type: "Normal", reason, message };
}

function warning(reason: string, message: string): EventText {
  return { type: "Warning", reason, message };
}

/** Words of every event of the engine. */
export const eventTexts = {
  pulling: (image: string): EventText => normal("Pulling", `Pulling image "${image}"`),
  present: (image: string): EventText =>
    normal("Pulled", `Container image "${image}" already present on machine and can be accessed by the pod`),
  pulled: (image: string, pulled: PulledImage, tookMs: number): EventText => {
    const took = formatSeconds(tookMs);
    const size = `Image size: ${pulled.sizeBytes} bytes.`;
    return normal("Pulled", `Successfully pulled image "${image}" in ${took} (${took} including waiting). ${size}`);
  },
  pullFailed: (image: string, error: string): EventText =>
    warning("Failed", `Failed to pull image "${image}": ${error}`),
  pullBackOff: (image: string): EventText => normal("BackOff", `Back-off pulling image "${image}"`),
  neverPull: (message: string): EventText => warning("ErrImageNeverPull", message),
  failed: (error: string): EventText => warning("Failed", `Error: ${error}`),
  created: (): EventText => normal("Created", "Container created"),
  started: (): EventText => normal("Started", "Container started"),
  stopping: (container: string): EventText => normal("Killing", `Stopping container ${container}`),
  killing: (message: string): EventText => normal("Killing", message),
  restartBackOff: (container: string, pod: PodName): EventText =>
    warning("BackOff", `Back-off restarting failed container ${container} in pod ${formatPod(pod)}`),
  sandboxFailed: (error: string): EventText =>
    warning("FailedCreatePodSandBox", `Failed to create pod sandbox: ${error}`),
  sandboxChanged: (): EventText => normal("SandboxChanged", "Pod sandbox changed, it will be killed and re-created."),
  mountFailed: (error: string): EventText => warning("FailedMount", error),
  killFailed: (error: string): EventText => warning("FailedKillPod", `error killing pod: ${error}`),
  deadline: (): EventText => normal("DeadlineExceeded", DEADLINE_MESSAGE),
  postStartFailed: (): EventText => warning("FailedPostStartHook", "PostStartHook failed"),
  preStopFailed: (): EventText => warning("FailedPreStopHook", "PreStopHook failed"),
  unhealthy: (kind: string, output: string): EventText => warning("Unhealthy", `${kind} probe failed: ${output}`),
  probeWarning: (kind: string, text: string): EventText => warning("ProbeWarning", `${kind} probe warning: ${text}`),
  hookFallback: (address: string): EventText =>
    warning(
      "LifecycleHTTPFallback",
      `request to HTTPS lifecycle hook ${address} got HTTP response, retry with HTTP succeeded`,
    ),
  inspectFailed: (message: string): EventText => warning("InspectFailed", message),
  probeErrored: (kind: string, text: string): EventText =>
    warning("Unhealthy", `${kind} probe errored and resulted in unknown state: ${text}`),
} as const;

/** status.message of a pod that was active too long. */
export const DEADLINE_MESSAGE = "Pod was active on the node longer than the specified deadline";

function formatSeconds(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)}ms` : `${(ms / 1000).toFixed(3).replace(/\.?0+$/, "")}s`;
}
