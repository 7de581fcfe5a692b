// The API server's audit log: which requests one user made, and when. Lines of other users are skipped.

import { closeSync, openSync, readSync } from "node:fs";

export interface ApiRequest {
  /** The audit log's own id of the request. */
  readonly id: string;
  /** "patch pods/status", "create events": verb, resource and subresource as RBAC names them. */
  readonly what: string;
  /** Of the object; absent where there is none. */
  readonly name?: string;
  /** When the API server took it, milliseconds since 1970. */
  readonly at: number;
  /** When its answer was complete; of a watch: when it began. */
  readonly doneAt: number;
  /** HTTP status. */
  readonly code: number;
}

interface AuditEvent {
  readonly auditID?: string;
  readonly verb?: string;
  readonly requestURI?: string;
  readonly user?: { readonly username?: string };
  readonly objectRef?: { readonly resource?: string; readonly subresource?: string; readonly name?: string };
  readonly responseStatus?: { readonly code?: number };
  readonly requestReceivedTimestamp?: string;
  readonly stageTimestamp?: string;
}

/** All requests so far; each call reads only what was written since the last one. */
export type AuditReader = () => readonly ApiRequest[];

const CHUNK_BYTES = 4 * 2 ** 20;

/** Follows the file for one user. */
export function openAuditLog(file: string, user: string): AuditReader {
  const requests = new Map<string, ApiRequest>();
  let offset = 0;
  return () => {
    for (;;) {
      const chunk = readChunk(file, offset);
      const end = chunk.lastIndexOf("\n") + 1;
      if (end === 0) return [...requests.values()];
      offset += end;
      for (const request of parseAuditLog(chunk.toString("utf8", 0, end), user)) {
        if (!requests.has(request.id)) requests.set(request.id, request);
      }
    }
  };
}

function readChunk(file: string, offset: number): Buffer {
  const descriptor = openSync(file, "r");
  try {
    const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
    return buffer.subarray(0, readSync(descriptor, buffer, 0, CHUNK_BYTES, offset));
  } finally {
    closeSync(descriptor);
  }
}

/** Each request of the user once: a watch has a line at its start and one at its end. */
export function parseAuditLog(text: string, user: string): ApiRequest[] {
  const requests = new Map<string, ApiRequest>();
  for (const line of text.split("\n")) {
    // A plain search first: most lines are of other users, and parsing is dear.
    if (!line.includes(user)) continue;
    const event = parseLine(line);
    const id = event?.auditID;
    if (event === undefined || id === undefined || event.user?.username !== user) continue;
    if (!requests.has(id)) requests.set(id, toRequest(id, event));
  }
  return [...requests.values()];
}

/** Requests taken from `from` on and before `to`. */
export function between(requests: readonly ApiRequest[], from: number, to: number): ApiRequest[] {
  return requests.filter(({ at }) => at >= from && at < to);
}

/** How often each kind of request was made, the most frequent first. */
export function countRequests(requests: readonly ApiRequest[]): ReadonlyMap<string, number> {
  const groups = Map.groupBy(requests, ({ what }) => what);
  const counts = [...groups].map(([what, group]) => [what, group.length] as const);
  return new Map(counts.toSorted(([, left], [, right]) => right - left));
}

function parseLine(line: string): AuditEvent | undefined {
  try {
    return JSON.parse(line) as AuditEvent;
  } catch {
    return undefined;
  }
}

function toRequest(id: string, event: AuditEvent): ApiRequest {
  const name = event.objectRef?.name;
  return {
    id,
    what: `${event.verb ?? "?"} ${resourceOf(event)}`,
    ...(name === undefined ? {} : { name }),
    at: Date.parse(event.requestReceivedTimestamp ?? ""),
    doneAt: Date.parse(event.stageTimestamp ?? ""),
    code: event.responseStatus?.code ?? 0,
  };
}

/** Requests without an object, such as discovery, go by their path. */
function resourceOf({ objectRef, requestURI = "?" }: AuditEvent): string {
  if (objectRef?.resource === undefined) return requestURI.split("?")[0] ?? requestURI;
  return objectRef.subresource === undefined ? objectRef.resource : `${objectRef.resource}/${objectRef.subresource}`;
}
