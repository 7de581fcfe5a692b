/** Asking for figures, with every answer that routes have to tell apart. */
import type { Logger } from "pino";
import type { ProviderView } from "../../ports/kubelet.js";
import { ProviderError, type ProviderInfo } from "../../ports/provider.js";
import type { UsageQuery } from "../../ports/stats.js";
import type { Figures } from "./figures.js";
import { createFiguresReader, type FiguresSources } from "./reader.js";

/** What came of it. */
export type Outcome =
  | { readonly kind: "figures"; readonly figures: Figures }
  /** The provider does not offer them. */
  | { readonly kind: "missing"; readonly info: ProviderInfo }
  /** No provider was there yet. */
  | { readonly kind: "away" }
  | { readonly kind: "failed"; readonly message: string };

/** Asks. Rejects only with the signal's reason. */
export type Ask = (query: UsageQuery, signal: AbortSignal) => Promise<Outcome>;

/** What is asked. */
export interface AskOptions extends FiguresSources {
  readonly provider: ProviderView;
  readonly logger: Logger;
}

export const EVERYTHING: UsageQuery = { onlyCpuAndMemory: false };
export const CPU_AND_MEMORY: UsageQuery = { onlyCpuAndMemory: true };

const NOTHING: Figures = { node: {}, sum: {}, pods: [] };

/** Makes the one way to ask: all routes share its calls. */
export function createAsk({ provider, logger, ...sources }: AskOptions): Ask {
  const reader = createFiguresReader(sources);
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

/** For expositions: none where the provider has none; undefined: they exist and could not be had. */
export function figuresOf(outcome: Outcome): Figures | undefined {
  if (outcome.kind === "figures") return outcome.figures;
  return outcome.kind === "missing" ? NOTHING : undefined;
}
