// A small JSON client of the Kubernetes API for tests and demos: admin rights, paths written out, no caching.

import { Agent, type Dispatcher } from "undici";
import type { Identity } from "./certificate.js";

export interface ObjectMeta {
  readonly name: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly generation?: number;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly finalizers?: readonly string[];
  readonly ownerReferences?: readonly Readonly<Record<string, unknown>>[];
}

export interface KubeObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: ObjectMeta;
}

export interface KubeList<T> {
  readonly metadata: { readonly resourceVersion: string };
  readonly items: readonly T[];
}

export interface WatchEvent<T> {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  readonly object: T;
}

export type Query = Readonly<Record<string, string | number | boolean>>;

export interface CallOptions {
  readonly query?: Query;
  /** Default: 30 s. */
  readonly signal?: AbortSignal;
}

export interface WatchOptions {
  readonly query?: Query;
  readonly signal: AbortSignal;
}

export type PatchKind = "merge" | "strategic" | "json";

/** Paths are full API paths: `/api/v1/namespaces/default/pods/web`. Answers outside 2xx throw ApiError. */
export interface ApiClient extends AsyncDisposable {
  get<T extends KubeObject = KubeObject>(path: string, options?: CallOptions): Promise<T>;
  list<T extends KubeObject = KubeObject>(path: string, options?: CallOptions): Promise<KubeList<T>>;
  create<T extends KubeObject = KubeObject>(path: string, body: object, options?: CallOptions): Promise<T>;
  replace<T extends KubeObject = KubeObject>(path: string, body: object, options?: CallOptions): Promise<T>;
  patch<T extends KubeObject = KubeObject>(path: string, body: object, kind?: PatchKind): Promise<T>;
  /** `query` takes gracePeriodSeconds and propagationPolicy. */
  delete(path: string, options?: CallOptions): Promise<void>;
  /** Ends when the server ends it or the signal is aborted. */
  watch<T extends KubeObject = KubeObject>(path: string, options: WatchOptions): AsyncIterable<WatchEvent<T>>;
  /** The body as text, for logs and metrics. */
  text(path: string, options?: CallOptions): Promise<string>;
}

export class ApiError extends Error {
  readonly status: number;
  readonly reason: string;

  constructor(status: number, reason: string, message: string) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.reason = reason;
  }
}

export function isNotFound(error: unknown): boolean {
  return error instanceof ApiError && error.status === 404;
}

interface Request {
  readonly method: Dispatcher.HttpMethod;
  readonly path: string;
  readonly query?: Query;
  readonly body?: object;
  readonly contentType?: string;
  readonly signal?: AbortSignal;
}

const CALL_TIMEOUT_MS = 30_000;
const PATCH_TYPES = {
  merge: "application/merge-patch+json",
  strategic: "application/strategic-merge-patch+json",
  json: "application/json-patch+json",
} as const;

export function createApiClient(server: string, caPem: string, identity: Identity): ApiClient {
  const agent = new Agent({
    connect: { ca: caPem, cert: identity.certificatePem, key: identity.keyPem },
    bodyTimeout: 0,
    pipelining: 1,
  });
  const json = async <T>(request: Request): Promise<T> => {
    const response = await send(agent, server, request);
    return (await response.body.json()) as T;
  };
  return {
    get: async (path, options) => json({ method: "GET", path, ...options }),
    list: async (path, options) => json({ method: "GET", path, ...options }),
    create: async (path, body, options) => json({ method: "POST", path, body, ...options }),
    replace: async (path, body, options) => json({ method: "PUT", path, body, ...options }),
    patch: async (path, body, kind = "merge") => json({ method: "PATCH", path, body, contentType: PATCH_TYPES[kind] }),
    delete: async (path, options) => json({ method: "DELETE", path, ...options }),
    watch: (path, options) => watchLines(agent, server, { method: "GET", path, ...options }),
    text: async (path, options) => (await send(agent, server, { method: "GET", path, ...options })).body.text(),
    [Symbol.asyncDispose]: async () => agent.destroy(),
  };
}

async function* watchLines<T>(agent: Agent, server: string, request: Request): AsyncGenerator<WatchEvent<T>> {
  const query = { allowWatchBookmarks: true, ...request.query, watch: true };
  try {
    const response = await send(agent, server, { ...request, query });
    for await (const line of linesOf(response.body)) yield JSON.parse(line) as WatchEvent<T>;
  } catch (error) {
    if (request.signal?.aborted !== true) throw error;
  }
}

async function* linesOf(body: Dispatcher.ResponseData["body"]): AsyncGenerator<string> {
  let rest = "";
  for await (const chunk of body.setEncoding("utf8") as AsyncIterable<string>) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    yield* lines.filter((line) => line !== "");
  }
}

async function send(agent: Agent, server: string, request: Request): Promise<Dispatcher.ResponseData> {
  const response = await agent.request({
    origin: server,
    path: request.path,
    method: request.method,
    ...(request.query === undefined ? {} : { query: request.query }),
    ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
    headers: { accept: "application/json, */*", "content-type": request.contentType ?? "application/json" },
    signal: request.signal ?? AbortSignal.timeout(CALL_TIMEOUT_MS),
  });
  if (response.statusCode >= 300) throw await toApiError(response, request);
  return response;
}

async function toApiError(response: Dispatcher.ResponseData, request: Request): Promise<ApiError> {
  const text = await response.body.text();
  const { reason, message } = parseStatus(text);
  const what = `${request.method} ${request.path}: ${response.statusCode} ${message}`;
  return new ApiError(response.statusCode, reason, what);
}

function parseStatus(text: string): { readonly reason: string; readonly message: string } {
  try {
    const { reason = "", message = "" } = JSON.parse(text) as { reason?: string; message?: string };
    return { reason, message };
  } catch {
    return { reason: "", message: text.slice(0, 500) };
  }
}
