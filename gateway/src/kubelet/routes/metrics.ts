/** /metrics: the gateway's own metrics and the node's. Those of containers are in stats.ts. */
import type { Registry } from "prom-client";
import type { PodView } from "../../ports/kubelet.js";
import type { Exchange } from "../exchange.js";
import type { HealthcheckMetrics } from "../healthcheck-metrics.js";
import { replyText } from "../reply.js";
import type { Service } from "../route-table.js";
import { type Ask, EVERYTHING, figuresOf } from "../stats/ask.js";
import { writeExposition } from "../stats/exposition.js";
import { hasClaims, toKubeletMetrics } from "../stats/kubelet-metrics.js";

/** What is shown. */
export interface MetricsOptions {
  readonly registry: Registry;
  readonly healthchecks: HealthcheckMetrics;
  readonly nodeName: string;
  readonly pods: PodView;
  readonly ask: Ask;
}

/** /metrics, and /metrics/slis. */
export function metricsServices(options: MetricsOptions): readonly Service[] {
  return [
    service("metrics", "/metrics", (exchange) => serve(options, exchange)),
    service("metrics/slis", "/metrics/slis", (exchange) => serveHealthchecks(options.healthchecks, exchange)),
  ];
}

/** The provider is asked only where a pod has a claim: of all it tells, only volumes are shown here. */
async function serve({ registry, nodeName, pods, ask }: MetricsOptions, { response, signal }: Exchange): Promise<void> {
  const entries = pods.list();
  const figures = hasClaims(entries) ? figuresOf(await ask(EVERYTHING, signal)) : undefined;
  const text = (await registry.metrics()) + writeExposition(toKubeletMetrics(nodeName, entries, figures));
  replyText(response, 200, text, { "Content-Type": registry.contentType });
}

/** As the kubelet, DELETE begins anew. */
async function serveHealthchecks({ registry }: HealthcheckMetrics, { request, response }: Exchange): Promise<void> {
  if (request.method === "DELETE") {
    registry.resetMetrics();
    return replyText(response, 200, "metrics reset\n");
  }
  replyText(response, 200, await registry.metrics(), { "Content-Type": registry.contentType });
}

function service(name: string, root: string, handle: (exchange: Exchange) => Promise<void> | void): Service {
  return { name, root, exact: true, subresources: ["metrics"], routes: [{ pattern: "", methods: "any", handle }] };
}
