/** /metrics/probes. Probes run at the provider, which reports what came of them, not how often: no series of the prober. Pure. */
import type { Family } from "./exposition.js";

/** The one series that the kubelet's registry of probes has without any probe. */
export function toProbeMetrics(startedMs: number): readonly Family[] {
  return [
    {
      name: "process_start_time_seconds",
      help: "[ALPHA] Start time of the process since unix epoch in seconds.",
      type: "gauge",
      samples: [{ labels: {}, value: startedMs / 1000 }],
    },
  ];
}
