/** /metrics: the gateway's own metrics. Those of the node and of containers are in stats.ts. */
import type { Registry } from "prom-client";
import type { Exchange } from "../exchange.js";
import { replyText } from "../reply.js";
import type { Service } from "../route-table.js";

/** /metrics, and /metrics/slis, which is not served. */
export function metricsServices(registry: Registry): readonly Service[] {
  return [
    service("metrics", "/metrics", async ({ response }) => {
      replyText(response, 200, await registry.metrics(), { "Content-Type": registry.contentType });
    }),
    service("metrics/slis", "/metrics/slis", ({ response, path }) =>
      replyText(response, 501, `${path} is not served by this gateway`),
    ),
  ];
}

function service(name: string, root: string, handle: (exchange: Exchange) => Promise<void> | void): Service {
  return { name, root, exact: true, subresources: ["metrics"], routes: [{ pattern: "", methods: "any", handle }] };
}
