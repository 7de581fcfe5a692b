/** /metrics: the gateway's own metrics. The node's and the containers' come with the stats. */
import type { Registry } from "prom-client";
import type { Exchange } from "../exchange.js";
import { replyText } from "../reply.js";
import type { Service } from "../route-table.js";

const NOT_YET = ["/metrics/cadvisor", "/metrics/resource", "/metrics/probes", "/metrics/slis"];

/** /metrics, and the paths below it that are not served yet. */
export function metricsServices(registry: Registry): readonly Service[] {
  return [
    service("metrics", "/metrics", async ({ response }) => {
      replyText(response, 200, await registry.metrics(), { "Content-Type": registry.contentType });
    }),
    ...NOT_YET.map((root) =>
      service(root.slice(1), root, ({ response, path }) =>
        replyText(response, 501, `${path} is not served by this gateway`),
      ),
    ),
  ];
}

function service(name: string, root: string, handle: (exchange: Exchange) => Promise<void> | void): Service {
  return { name, root, exact: true, subresources: ["metrics"], routes: [{ pattern: "", methods: "any", handle }] };
}
