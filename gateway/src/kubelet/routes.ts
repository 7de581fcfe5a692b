/** The route table: everything that the kubelet API knows. A new route is one line here and one file in routes/. */
import type { Logger } from "pino";
import type { HealthView } from "../ports/kubelet.js";
import { createHealthcheckMetrics } from "./healthcheck-metrics.js";
import type { RouteTable } from "./route-table.js";
import { checkpointService } from "./routes/checkpoint.js";
import { type ContainerLogsOptions, containerLogsService } from "./routes/container-logs.js";
import { healthzServices } from "./routes/healthz.js";
import { metricsServices } from "./routes/metrics.js";
import { nodeServices } from "./routes/node.js";
import { podServices } from "./routes/pods.js";
import { statsServices } from "./routes/stats.js";
import { type StreamsOptions, streamServices } from "./routes/streams.js";
import { type AskOptions, createAsk } from "./stats/ask.js";

/** What the routes show. */
export interface RouteOptions extends ContainerLogsOptions, StreamsOptions, AskOptions {
  readonly nodeName: string;
  readonly health: HealthView;
  /** Configuration to show at /configz; no secrets. */
  readonly configz: () => object;
  readonly logger: Logger;
  /** Default "kubelet". */
  readonly compatibility?: "kubelet" | "virtual-kubelet";
}

/** Makes the table. */
export function createRouteTable(options: RouteOptions): RouteTable {
  const ask = createAsk(options);
  const healthchecks = createHealthcheckMetrics(performance.timeOrigin);
  return [
    ...healthzServices({ ...options, healthchecks }),
    ...podServices(options.pods),
    containerLogsService(options),
    ...streamServices(options),
    checkpointService(options.pods),
    ...metricsServices({ ...options, registry: options.metrics.registry, healthchecks, ask }),
    ...statsServices({ ...options, ask }),
    ...nodeServices(options.configz),
  ];
}
