/** Usage figures, over the control connection within the session that is open then. */
import { GetStatsRequest, type GetStatsResponse } from "@outboard/contract";
import { ProviderError } from "../ports/provider.js";
import type { ProviderStats } from "../ports/stats.js";
import { type Connection, inSession } from "./connection.js";
import { isSessionError, toProviderError } from "./errors.js";
import { fromStats } from "./map-stats.js";
import { requireSession } from "./open-session.js";
import type { ProviderSession } from "./session.js";

/** More than any node can run; an answer that goes on behind it is broken. */
const MAX_MESSAGES = 20_000;

/** Reads figures; an answer that does not end with OK is an error. */
export function createProviderStats(connection: Connection, session: ProviderSession): ProviderStats {
  return {
    async readStats({ onlyCpuAndMemory }, signal) {
      const open = requireSession(session.current());
      const request = GetStatsRequest.fromPartial({ onlyCpuAndMemory });
      try {
        const options = inSession(open.id, signal, open.deadlines.getStats);
        return fromStats(await collect(connection.stats.getStats(request, options)));
      } catch (error) {
        signal.throwIfAborted();
        if (isSessionError(error)) open.invalidate(error);
        throw toProviderError(error, "getStats");
      }
    },
  };
}

async function collect(stream: AsyncIterable<GetStatsResponse>): Promise<readonly GetStatsResponse[]> {
  const messages: GetStatsResponse[] = [];
  for await (const message of stream) {
    messages.push(message);
    if (messages.length > MAX_MESSAGES) throw new ProviderError(`getStats: more than ${MAX_MESSAGES} messages`);
  }
  return messages;
}
