/**
 * Requests to the API server: credentials, budget, deadline, errors as ApiError, and another try where it is certainly safe: a
 * 429 was not executed, a GET changes nothing, a 401 gets fresh credentials once. Bodies and secrets are never logged.
 */
import type { Clock } from "../ports/clock.js";
import { ApiError } from "../ports/pods.js";
import type { Connection } from "./config.js";
import type { Credentials } from "./credentials.js";
import { fromAnswer, fromFailure } from "./errors.js";
import { type Answer, type ExchangeRequest, exchange } from "./exchange.js";
import { type Budget, Limiter, type PriorityClass } from "./limiter.js";
import { type PoolName, Transport } from "./transport.js";
import { openAnswer } from "./undici-parts.js";

/** The kind of PATCH that a kubelet sends. */
export const STRATEGIC_MERGE = "application/strategic-merge-patch+json";

/** Where streams without end are opened. */
export type StreamPool = "watches" | "objects";

export interface KubeRequest {
  readonly method: ExchangeRequest["method"];
  /** From the API root, with query. */
  readonly path: string;
  readonly priority: PriorityClass;
  readonly body?: object;
  /** Default application/json. */
  readonly contentType?: string;
  /** Of each try, from when it is sent. Default 30 s. */
  readonly timeoutMs?: number;
  /** Default "requests". */
  readonly pool?: Exclude<PoolName, StreamPool>;
  /** turn() has been waited for: it is sent at once, and not again when the API server is busy. */
  readonly hasTurn?: boolean;
}

export interface KubeHttpOptions {
  readonly connection: Connection;
  readonly clock: Clock;
  readonly userAgent: string;
  /** Of all requests together; streams are outside. Absent: the limiter's own. */
  readonly budget?: Budget;
}

const TIMEOUT_MS = 30_000;
const BUSY_TRIES = 3;
const BUSY_MS = 1_000;

/** What has been tried for one request. */
interface Tries {
  busy: number;
  refreshed: boolean;
  broken: boolean;
}

export class KubeHttp {
  readonly #connection: Connection;
  readonly #transport: Transport;
  readonly #limiter: Limiter;
  readonly #userAgent: string;
  readonly #root: string;

  constructor(options: KubeHttpOptions) {
    this.#connection = options.connection;
    this.#transport = new Transport(options.connection);
    this.#limiter = new Limiter(options.clock, options.budget);
    this.#userAgent = options.userAgent;
    this.#root = new URL(options.connection.url).pathname.replace(/\/$/, "");
  }

  /** Sends and reads JSON. Rejects with ApiError, or with the signal's reason when it aborts. */
  async json<Body>(request: KubeRequest, signal: AbortSignal): Promise<Body> {
    const answer = await this.#send(request, signal);
    try {
      return JSON.parse(answer.body.toString("utf8")) as Body;
    } catch (cause) {
      throw fromFailure(asked(request), new Error("the answer is not JSON", { cause }));
    }
  }

  /** As json, where the answer's body is of no use: it is not read. */
  async write(request: KubeRequest, signal: AbortSignal): Promise<void> {
    await this.#send(request, signal);
  }

  /** Waits for the turn of one request of this class, to be sent with hasTurn. */
  async turn(priority: PriorityClass, signal: AbortSignal): Promise<void> {
    await this.#limiter.acquire(priority, signal);
  }

  /** As turn, without waiting; false: it is not its turn now. */
  takeTurn(priority: PriorityClass): boolean {
    return this.#limiter.tryAcquire(priority);
  }

  /** As json, with undefined for 404. */
  async find<Body>(request: KubeRequest, signal: AbortSignal): Promise<Body | undefined> {
    try {
      return await this.json<Body>(request, signal);
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) {
        return undefined;
      }
      throw error;
    }
  }

  /** Opens a stream whose body has no time limit. Outside the budget: there are few. */
  async open(path: string, signal: AbortSignal, pool: StreamPool = "watches"): Promise<AsyncIterable<Buffer>> {
    const request = { method: "GET", path } as const;
    const opening = new AbortController();
    const timer = setTimeout(() => opening.abort(new Error("no answer in time")), TIMEOUT_MS);
    const bounded = AbortSignal.any([signal, opening.signal]);
    try {
      const { credentials } = this.#connection;
      const first = await this.#openStream({ path, pool }, bounded, await credentials.read());
      return first ?? (await this.#openStream({ path, pool }, bounded, await credentials.refresh())) ?? noBody();
    } catch (error) {
      throw this.#asError(request, signal, error);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Drops a pool's connections, for when they seem dead. */
  rebuild(pool: PoolName): void {
    this.#transport.rebuild(pool);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#limiter[Symbol.dispose]();
    await this.#transport[Symbol.asyncDispose]();
  }

  async #send(request: KubeRequest, signal: AbortSignal): Promise<Answer> {
    const tries: Tries = { busy: 0, refreshed: false, broken: false };
    for (let isFirst = true; ; isFirst = false) {
      if (!isFirst || request.hasTurn !== true) await this.#limiter.acquire(request.priority, signal);
      const answer = await this.#try(request, signal, tries);
      if (answer === undefined) continue;
      if (answer.status >= 200 && answer.status < 300) return answer;
      await this.#mayTryAgain(request, fromAnswer(asked(request), answer), tries);
    }
  }

  /** undefined: the connection broke, and once more is safe. */
  async #try(request: KubeRequest, signal: AbortSignal, tries: Tries): Promise<Answer | undefined> {
    using deadline = boundedBy(signal, request.timeoutMs ?? TIMEOUT_MS);
    try {
      return await this.#attempt(request, deadline.signal);
    } catch (error) {
      if (deadline.signal.aborted || request.method !== "GET" || tries.broken) {
        throw this.#asError(request, signal, error);
      }
      tries.broken = true;
      return undefined;
    }
  }

  async #attempt(request: KubeRequest, signal: AbortSignal): Promise<Answer> {
    const credentials = await this.#connection.credentials.read();
    const pool = this.#transport.pool(request.pool ?? "requests", credentials.tls);
    const headers = this.#headers(credentials);
    if (request.body === undefined) {
      return exchange(pool, { method: request.method, path: this.#root + request.path, headers }, signal);
    }
    headers["content-type"] = request.contentType ?? "application/json";
    const body = JSON.stringify(request.body);
    return exchange(pool, { method: request.method, path: this.#root + request.path, headers, body }, signal);
  }

  /** Returns when another try is right, throws the error when not. */
  async #mayTryAgain(request: KubeRequest, error: ApiError, tries: Tries): Promise<void> {
    if (error.status === 429) {
      this.#limiter.hold(request.priority, error.retryAfterMs ?? BUSY_MS);
      tries.busy += 1;
      if (tries.busy <= BUSY_TRIES && request.hasTurn !== true) {
        return;
      }
    }
    if (error.status === 401 && !tries.refreshed) {
      tries.refreshed = true;
      await this.#connection.credentials.refresh();
      return;
    }
    throw error;
  }

  /** undefined: 401. */
  async #openStream(
    { path, pool: name }: { readonly path: string; readonly pool: StreamPool },
    signal: AbortSignal,
    credentials: Credentials,
  ): Promise<AsyncIterable<Buffer> | undefined> {
    const pool = this.#transport.pool(name, credentials.tls);
    const headers = this.#headers(credentials);
    const answer = await openAnswer(pool, { method: "GET", path: this.#root + path, headers, signal });
    if (answer.statusCode === 200) {
      return answer.body as AsyncIterable<Buffer>;
    }
    const body = Buffer.from(await answer.body.bytes());
    const header = answer.headers["retry-after"];
    const retryAfter = typeof header === "string" ? header : undefined;
    const error = fromAnswer(asked({ method: "GET", path }), { status: answer.statusCode, retryAfter, body });
    if (error.status === 401) {
      return undefined;
    }
    throw error;
  }

  #headers(credentials: Credentials): Record<string, string> {
    return {
      accept: "application/json",
      "user-agent": this.#userAgent,
      ...(credentials.authorization === undefined ? {} : { authorization: credentials.authorization }),
      ...(credentials.impersonate === undefined ? {} : { "impersonate-user": credentials.impersonate }),
    };
  }

  #asError(request: Pick<KubeRequest, "method" | "path">, signal: AbortSignal, error: unknown): unknown {
    if (signal.aborted) {
      return signal.reason;
    }
    return error instanceof ApiError ? error : fromFailure(asked(request), error);
  }
}

/** A signal of its own that is let go with the request: AbortSignal.timeout would live on, and fire, long after the answer. */
function boundedBy(signal: AbortSignal, timeoutMs: number): Disposable & { readonly signal: AbortSignal } {
  const own = new AbortController();
  const follow = (): void => own.abort(signal.reason);
  const timer = setTimeout(
    () => own.abort(new DOMException("The operation was aborted due to timeout", "TimeoutError")),
    timeoutMs,
  );
  signal.addEventListener("abort", follow, { once: true });
  if (signal.aborted) follow();
  return {
    signal: own.signal,
    [Symbol.dispose](): void {
      clearTimeout(timer);
      signal.removeEventListener("abort", follow);
    },
  };
}

function asked(request: Pick<KubeRequest, "method" | "path">): { readonly method: string; readonly path: string } {
  return { method: request.method, path: request.path.split("?", 1)[0] ?? request.path };
}

function noBody(): never {
  throw new ApiError(401, "GET: the API server does not accept our credentials", { reason: "Unauthorized" });
}
