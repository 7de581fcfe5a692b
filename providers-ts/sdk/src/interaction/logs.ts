/** The Logs RPC. */
import { type CallContext, Capability, type LogChunk, type LogsRequest, type LogsResponse } from "@outboard/contract";
import { checkRequest, required } from "../check.js";
import { type Core, declaredMethod, readerOf } from "../core.js";
import { chunks, MAX_CHUNK_BYTES } from "./chunks.js";
import { begin, until } from "./first.js";
import { requireLog } from "./targets.js";

/** Serves one log. */
export async function* serveLogs(core: Core, request: LogsRequest, context: CallContext): AsyncGenerator<LogsResponse> {
  readerOf(core, context);
  const logs = declaredMethod(core, Capability.LOGS, core.provider.logs?.bind(core.provider));
  requireParts(core, request);
  checkRequest([required("uid", request.uid), required("container", request.container)]);
  requireLog(core, request);
  const signal = AbortSignal.any([context.signal, context.stopping]);
  await using log = await begin(until(logs(request, { signal }), signal), core.clock);
  yield { frame: { $case: "opened", value: {} } };
  for await (const chunk of log.items) {
    if (chunk.data.length <= MAX_CHUNK_BYTES) yield { frame: { $case: "chunk", value: chunk } };
    else for (const value of split(chunk)) yield { frame: { $case: "chunk", value } };
  }
}

/** Each part of a log request that is a capability of its own. */
function requireParts(core: Core, request: LogsRequest): void {
  const { follow, previous, sinceTime, tailLines, limitBytes, cursor } = request;
  if (follow) core.declared.require(Capability.LOGS_FOLLOW);
  if (previous) core.declared.require(Capability.LOGS_PREVIOUS);
  if (sinceTime !== undefined) core.declared.require(Capability.LOGS_TIME);
  if (tailLines !== undefined || limitBytes !== undefined) core.declared.require(Capability.LOGS_TAIL);
  if (cursor.length > 0) core.declared.require(Capability.LOGS_RESUME);
}

/** Pieces of a long chunk; only the last one has the cursor and may end the line. */
function* split(chunk: LogChunk): Generator<LogChunk> {
  const pieces = [...chunks(chunk.data)];
  for (const [index, data] of pieces.entries()) {
    const isLast = index === pieces.length - 1;
    yield isLast ? { ...chunk, data } : { ...chunk, data, partial: true, cursor: new Uint8Array(0) };
  }
}
