/**
 * The heartbeat. It has connections of its own and a short deadline, so that nothing else can hold it up; after two failures in a
 * row its connections are dropped, because a dead TCP connection looks like a slow server.
 */
import type { Lease } from "../domain/kubernetes.js";
import type { LeaseWriter } from "../ports/node.js";
import { ApiError } from "../ports/pods.js";
import { hasStatus } from "./errors.js";
import type { KubeHttp, KubeRequest } from "./http.js";
import { Priority } from "./limiter.js";
import { groupPath } from "./paths.js";

export interface ApiLeaseWriterOptions {
  readonly http: KubeHttp;
  readonly nodeName: string;
  /** Default 10 s. */
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 10_000;
const FAILURES_BEFORE_REBUILD = 2;
const GROUP = "coordination.k8s.io/v1";

export class ApiLeaseWriter implements LeaseWriter {
  readonly #http: KubeHttp;
  readonly #collection: string;
  readonly #path: string;
  readonly #timeoutMs: number;
  #failures = 0;

  constructor(options: ApiLeaseWriterOptions) {
    this.#http = options.http;
    this.#collection = groupPath(GROUP, "namespaces", "kube-node-lease", "leases");
    this.#path = groupPath(GROUP, "namespaces", "kube-node-lease", "leases", options.nodeName);
    this.#timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
  }

  get(signal: AbortSignal): Promise<Lease | undefined> {
    return this.#find("GET", undefined, signal);
  }

  create(lease: Lease, signal: AbortSignal): Promise<Lease> {
    const body = { apiVersion: GROUP, kind: "Lease", ...lease };
    const request = this.#request("POST", this.#collection);
    return this.#counted(signal, () => this.#http.json<Lease>({ ...request, body }, signal));
  }

  async replace(lease: Lease, signal: AbortSignal): Promise<Lease | undefined> {
    try {
      return await this.#find("PUT", { apiVersion: GROUP, kind: "Lease", ...lease }, signal);
    } catch (error) {
      // A lease that does not exist may be answered with 409 too, because of the UID in it.
      if (hasStatus(error, 409) && (await this.get(signal)) === undefined) {
        return undefined;
      }
      throw error;
    }
  }

  #find(method: "GET" | "PUT", body: object | undefined, signal: AbortSignal): Promise<Lease | undefined> {
    const request = { ...this.#request(method, this.#path), ...(body === undefined ? {} : { body }) };
    return this.#counted(signal, () => this.#http.find<Lease>(request, signal));
  }

  #request(method: KubeRequest["method"], path: string): KubeRequest {
    return { method, path, priority: Priority.lease, pool: "lease", timeoutMs: this.#timeoutMs };
  }

  async #counted<Result>(signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
    try {
      const result = await work();
      this.#failures = 0;
      return result;
    } catch (error) {
      this.#failures = error instanceof ApiError && error.status !== 0 ? 0 : this.#failures + 1;
      if (this.#failures >= FAILURES_BEFORE_REBUILD && !signal.aborted) {
        this.#failures = 0;
        this.#http.rebuild("lease");
      }
      throw error;
    }
  }
}
