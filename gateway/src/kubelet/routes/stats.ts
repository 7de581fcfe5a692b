/**
 * Usage: /stats/summary, /metrics/resource, /metrics/cadvisor, /metrics/probes. A provider without `stats` has an empty
 * exposition, which is true, and no summary, which would not be: it would say that nothing runs.
 */
import type { Logger } from "pino";
import type { Clock } from "../../ports/clock.js";
import type { PodView, ProviderView } from "../../ports/kubelet.js";
import { ProviderError, type ProviderInfo } from "../../ports/provider.js";
import type { ProviderStats, UsageQuery } from "../../ports/stats.js";
import type { Exchange } from "../exchange.js";
import { missingText } from "../logs/capabilities.js";
import { replyJson, replyText } from "../reply.js";
import type { Service } from "../route-table.js";
import { toCadvisorMetrics } from "../stats/cadvisor-metrics.js";
import { EXPOSITION_TYPE, type Family, writeExposition } from "../stats/exposition.js";
import type { Figures } from "../stats/figures.js";
import { toProbeMetrics } from "../stats/probe-metrics.js";
import { createFiguresReader, type FiguresReader } from "../stats/reader.js";
import { toResourceMetrics } from "../stats/resource-metrics.js";
import { toSummary } from "../stats/summary.js";

/** What usage is shown of. */
export interface StatsOptions {
  readonly nodeName: string;
  readonly pods: PodView;
  readonly provider: ProviderView;
  readonly stats: ProviderStats;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** What came of asking for figures. */
type Outcome =
  | { readonly kind: "figures"; readonly figures: Figures }
  /** The provider does not offer them. */
  | { readonly kind: "missing"; readonly info: ProviderInfo }
  | { readonly kind: "away" }
  | { readonly kind: "failed"; readonly message: string };

type Ask = (query: UsageQuery, signal: AbortSignal) => Promise<Outcome>;

const EVERYTHING: UsageQuery = { onlyCpuAndMemory: false };
const CPU_AND_MEMORY: UsageQuery = { onlyCpuAndMemory: true };
const NOTHING: Figures = { node: {}, sum: {}, pods: [] };

/** All services. */
export function statsServices(options: StatsOptions): readonly Service[] {
  const { clock } = options;
  const startedMs = clock.now();
  const ask = createAsk(options, createFiguresReader(options));
  return [
    {
      name: "stats",
      root: "/stats/",
      exact: false,
      subresources: ["stats"],
      routes: [
        { pattern: "/summary", methods: ["GET", "POST"], handle: (exchange) => summary(options, ask, exchange) },
      ],
    },
    metrics("/metrics/resource", async ({ signal }) => toResourceMetrics(figuresOf(await ask(CPU_AND_MEMORY, signal)))),
    metrics("/metrics/cadvisor", async ({ signal }) =>
      toCadvisorMetrics(figuresOf(await ask(EVERYTHING, signal)), clock.now()),
    ),
    metrics("/metrics/probes", async () => toProbeMetrics(startedMs)),
  ];
}

function metrics(root: string, families: (exchange: Exchange) => Promise<readonly Family[]>): Service {
  const handle = async (exchange: Exchange): Promise<void> => {
    const text = writeExposition(await families(exchange));
    replyText(exchange.response, 200, text, { "Content-Type": EXPOSITION_TYPE });
  };
  return {
    name: root.slice(1),
    root,
    exact: true,
    subresources: ["metrics"],
    routes: [{ pattern: "", methods: "any", handle }],
  };
}

async function summary({ nodeName }: StatsOptions, ask: Ask, { query, response, signal }: Exchange): Promise<void> {
  const asked = query.getAll("only_cpu_and_memory");
  const wanted = asked.length === 1 && asked[0] === "true" ? CPU_AND_MEMORY : EVERYTHING;
  const outcome = await ask(wanted, signal);
  switch (outcome.kind) {
    case "figures":
      return replyJson(response, toSummary(nodeName, outcome.figures, wanted));
    case "missing":
      return replyText(response, 501, missingText(outcome.info, "stats"));
    case "away":
      return replyText(response, 503, "the provider is not connected", { "Retry-After": "1" });
    case "failed":
      return replyText(response, 500, `Internal Error: failed to list pod stats: ${outcome.message}`);
  }
}

/** Undefined: they exist and could not be had. */
function figuresOf(outcome: Outcome): Figures | undefined {
  if (outcome.kind === "figures") return outcome.figures;
  return outcome.kind === "missing" ? NOTHING : undefined;
}

function createAsk({ provider, logger }: StatsOptions, reader: FiguresReader): Ask {
  return async (query, signal) => {
    const info = provider.info();
    if (info === undefined) return { kind: "away" };
    if (!info.capabilities.has("stats")) return { kind: "missing", info };
    try {
      return { kind: "figures", figures: await reader.read(query, signal) };
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      if (error.reason === "CAPABILITY") return { kind: "missing", info };
      logger.warn({ reason: error.reason, error: error.message }, "Usage figures could not be read.");
      return { kind: "failed", message: error.message };
    }
  };
}
