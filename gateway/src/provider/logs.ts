/** Logs, over the second connection; an open log outlives its session. */
import { LogsRequest, type LogsResponse } from "@outboard/contract";
import { defined } from "../domain/defined.js";
import type { LogChunk, LogQuery, ProviderLogs } from "../ports/provider.js";
import { type Connection, inSession } from "./connection.js";
import { isSessionError, toProviderError } from "./errors.js";
import { fromLogChunk } from "./map.js";
import { requireSession } from "./open-session.js";
import type { ProviderSession } from "./session.js";

/** Opens logs within the session that is open then. */
export function createProviderLogs(connection: Connection, session: ProviderSession): ProviderLogs {
  return {
    async openLogs(query, signal) {
      const open = requireSession(session.current());
      const stream = connection.interaction.logs(toLogsRequest(query), inSession(open.id, signal));
      const frames = stream[Symbol.asyncIterator]();
      try {
        return chunks(await frames.next(), frames, signal);
      } catch (error) {
        signal.throwIfAborted();
        if (isSessionError(error)) open.invalidate(error);
        throw toProviderError(error, "logs");
      }
    },
  };
}

function toLogsRequest(query: LogQuery): LogsRequest {
  const { uid, container, follow, previous, sinceMs, tailLines, limitBytes } = query;
  return LogsRequest.fromPartial({
    uid,
    container,
    follow,
    previous,
    ...defined({
      sinceTime: sinceMs === undefined ? undefined : new Date(sinceMs),
      tailLines: tailLines === undefined ? undefined : BigInt(tailLines),
      limitBytes: limitBytes === undefined ? undefined : BigInt(limitBytes),
    }),
  });
}

async function* chunks(
  first: IteratorResult<LogsResponse>,
  rest: AsyncIterator<LogsResponse>,
  signal: AbortSignal,
): AsyncGenerator<LogChunk> {
  try {
    for (let next = first; next.done !== true; next = await rest.next()) {
      if (next.value.frame?.$case === "chunk") yield fromLogChunk(next.value.frame.value);
    }
  } catch (error) {
    signal.throwIfAborted();
    throw toProviderError(error, "logs");
  } finally {
    await rest.return?.();
  }
}
