/** The GetStats RPC. */
import { type CallContext, Capability, type GetStatsRequest, type GetStatsResponse } from "@outboard/contract";
import { type Core, declaredMethod, readerOf } from "../core.js";
import { until } from "./first.js";

/** Serves the figures of the node and its pods. */
export async function* serveStats(
  core: Core,
  request: GetStatsRequest,
  context: CallContext,
): AsyncGenerator<GetStatsResponse> {
  readerOf(core, context);
  const stats = declaredMethod(core, Capability.STATS, core.provider.stats?.bind(core.provider));
  const signal = AbortSignal.any([context.signal, context.stopping]);
  yield* until(stats(request, { signal }), signal);
}
