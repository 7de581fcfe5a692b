/**
 * Usage: /stats/summary, /metrics/resource, /metrics/cadvisor, /metrics/probes. A provider without `stats` has an empty
 * exposition, which is true, and no summary, which would not be: it would say that nothing runs.
 */
import type { Clock } from "../../ports/clock.js";
import type { Exchange } from "../exchange.js";
import { missingText } from "../logs/capabilities.js";
import { replyJsonList, replyPieces, replyText } from "../reply.js";
import type { Service } from "../route-table.js";
import { type Ask, CPU_AND_MEMORY, EVERYTHING, figuresOf } from "../stats/ask.js";
import { toCadvisorMetrics } from "../stats/cadvisor-metrics.js";
import {
  EXPOSITION_TYPE,
  expositionPieces,
  type Family,
  type LabelOrder,
  podSecond,
  sorted,
} from "../stats/exposition.js";
import { toProbeMetrics } from "../stats/probe-metrics.js";
import { toResourceMetrics } from "../stats/resource-metrics.js";
import { toSummary } from "../stats/summary.js";

/** What usage is shown with. */
export interface StatsOptions {
  readonly nodeName: string;
  readonly ask: Ask;
  readonly clock: Clock;
  /** "virtual-kubelet": the pod's name is the second label. Default "kubelet": labels are sorted. */
  readonly compatibility?: "kubelet" | "virtual-kubelet";
}

/** All services. */
export function statsServices(options: StatsOptions): readonly Service[] {
  const { ask, clock } = options;
  const order = options.compatibility === "virtual-kubelet" ? podSecond : sorted;
  const startedMs = clock.now();
  return [
    {
      name: "stats",
      root: "/stats/",
      exact: false,
      subresources: ["stats"],
      routes: [{ pattern: "/summary", methods: ["GET", "POST"], handle: (exchange) => summary(options, exchange) }],
    },
    metrics(
      "/metrics/resource",
      async ({ signal }) => toResourceMetrics(figuresOf(await ask(CPU_AND_MEMORY, signal))),
      order,
    ),
    metrics("/metrics/cadvisor", async ({ signal }) =>
      toCadvisorMetrics(figuresOf(await ask(EVERYTHING, signal)), clock.now()),
    ),
    metrics("/metrics/probes", async () => toProbeMetrics(startedMs)),
  ];
}

function metrics(
  root: string,
  families: (exchange: Exchange) => Promise<readonly Family[]>,
  order: LabelOrder = sorted,
): Service {
  const handle = async (exchange: Exchange): Promise<void> => {
    const pieces = expositionPieces(await families(exchange), order);
    await replyPieces(exchange.response, pieces, { "Content-Type": EXPOSITION_TYPE });
  };
  return {
    name: root.slice(1),
    root,
    exact: true,
    subresources: ["metrics"],
    routes: [{ pattern: "", methods: "any", handle }],
  };
}

async function summary({ nodeName, ask }: StatsOptions, { query, response, signal }: Exchange): Promise<void> {
  const asked = query.getAll("only_cpu_and_memory");
  const wanted = asked.length === 1 && asked[0] === "true" ? CPU_AND_MEMORY : EVERYTHING;
  const outcome = await ask(wanted, signal);
  switch (outcome.kind) {
    case "figures": {
      const { node, pods } = toSummary(nodeName, outcome.figures, wanted);
      return await replyJsonList(response, {
        before: `{"node":${JSON.stringify(node)},"pods":[`,
        items: pods,
        after: "]}",
      });
    }
    case "missing":
      return replyText(response, 501, missingText(outcome.info, "stats"));
    case "away":
      return replyText(response, 503, "the provider is not connected", { "Retry-After": "1" });
    case "failed":
      return replyText(response, 500, `Internal Error: failed to list pod stats: ${outcome.message}`);
  }
}
