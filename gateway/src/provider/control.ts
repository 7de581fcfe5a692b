/** Control calls and logs within the session that is open now. */
import { isStatusError, LogsRequest } from "@outboard/contract";
import type { LogChunk as WireLogChunk, LogsResponse } from "@outboard/contract";
import {
  type LogChunk,
  type LogQuery,
  type ProviderControl,
  ProviderError,
  type ProviderLogs,
} from "../ports/provider.js";
import { type CallDeadlines, type Connection, inSession } from "./connection.js";
import { toProviderError } from "./errors.js";
import { fromLogChunk, fromObservation } from "./map.js";
import { toCreateRequest, toInputs, toStopReason, toUpdateRequest } from "./map-inputs.js";
import type { OpenSession, ProviderSession } from "./session.js";

/** Calls of the core; each waits for no session: without one it rejects at once, outcome known to be "not sent". */
export function createProviderControl(connection: Connection, session: ProviderSession): ProviderControl {
  const { pods } = connection;
  return {
    createPod: async (order, signal) =>
      void (await call("createPod", signal, (options) => pods.createPod(toCreateRequest(order), options))),
    stopPod: async (uid, graceSeconds, reason, signal) =>
      void (await call("stopPod", signal, (options) =>
        pods.stopPod({ uid, graceSeconds, reason: toStopReason(reason) }, options),
      )),
    releasePod: async (uid, signal) =>
      void (await call("releasePod", signal, (options) => pods.releasePod({ uid }, options))),
    getPod: async (uid, signal) => {
      const { pod } = await call("getPod", signal, (options) => pods.getPod({ uid }, options));
      const observation = pod === undefined ? undefined : fromObservation(pod);
      if (observation === undefined) throw new ProviderError("getPod: the answer holds no pod");
      return observation;
    },
    updateInputs: async (uid, inputs, inputVersion, signal) =>
      void (await call("updateInputs", signal, (options) =>
        pods.updateInputs({ uid, inputs: toInputs(inputs), inputVersion }, options),
      )),
    updatePod: async (order, signal) =>
      void (await call("updatePod", signal, (options) => pods.updatePod(toUpdateRequest(order), options))),
  };

  async function call<Answer>(
    name: keyof CallDeadlines,
    signal: AbortSignal,
    send: (options: ReturnType<typeof inSession>) => Promise<Answer>,
  ): Promise<Answer> {
    const open = requireSession(session);
    try {
      return await send(inSession(open.id, AbortSignal.any([signal, open.signal]), open.deadlines[name]));
    } catch (error) {
      signal.throwIfAborted();
      endIfLost(open, error);
      throw toProviderError(error, name);
    }
  }
}

/** Logs over the second connection. */
export function createProviderLogs(connection: Connection, session: ProviderSession): ProviderLogs {
  return {
    async openLogs(query, signal) {
      const open = requireSession(session);
      const stream = connection.interaction.logs(toLogsRequest(query), inSession(open.id, signal));
      const frames = stream[Symbol.asyncIterator]();
      try {
        const first = await frames.next();
        return chunks(first, frames);
      } catch (error) {
        signal.throwIfAborted();
        endIfLost(open, error);
        throw toProviderError(error, "logs");
      }
    },
  };
}

function requireSession(session: ProviderSession): OpenSession {
  const open = session.current();
  if (open === undefined) throw new ProviderError("the provider cannot be reached");
  return open;
}

function endIfLost(open: OpenSession, error: unknown): void {
  if (isStatusError(error) && (error.reason === "SESSION" || error.reason === "SESSION_SUPERSEDED"))
    open.invalidate(error);
}

function toLogsRequest(query: LogQuery): LogsRequest {
  return LogsRequest.fromPartial({
    uid: query.uid,
    container: query.container,
    follow: query.follow,
    previous: query.previous,
    ...(query.sinceMs === undefined ? {} : { sinceTime: new Date(query.sinceMs) }),
    ...(query.tailLines === undefined ? {} : { tailLines: BigInt(query.tailLines) }),
    ...(query.limitBytes === undefined ? {} : { limitBytes: BigInt(query.limitBytes) }),
  });
}

async function* chunks(
  first: IteratorResult<LogsResponse>,
  rest: AsyncIterator<LogsResponse>,
): AsyncGenerator<LogChunk> {
  try {
    for (let next = first; next.done !== true; next = await rest.next()) {
      const chunk: WireLogChunk | undefined = next.value.frame?.$case === "chunk" ? next.value.frame.value : undefined;
      if (chunk !== undefined) yield fromLogChunk(chunk);
    }
  } catch (error) {
    throw toProviderError(error, "logs");
  } finally {
    await rest.return?.();
  }
}
