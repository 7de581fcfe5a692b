/** Reads and writes of the own Node. */
import type { Node } from "../domain/kubernetes.js";
import type { NodeWriter } from "../ports/node.js";
import { hasStatus } from "./errors.js";
import { type KubeHttp, STRATEGIC_MERGE } from "./http.js";
import { Priority } from "./limiter.js";
import { nodePatch } from "./node-patch.js";
import { corePath } from "./paths.js";

export interface ApiNodeWriterOptions {
  readonly http: KubeHttp;
  readonly nodeName: string;
}

export class ApiNodeWriter implements NodeWriter {
  readonly #http: KubeHttp;
  readonly #path: string;

  constructor(options: ApiNodeWriterOptions) {
    this.#http = options.http;
    this.#path = corePath("nodes", options.nodeName);
  }

  get(signal: AbortSignal): Promise<Node | undefined> {
    return this.#http.find<Node>({ method: "GET", path: this.#path, priority: Priority.terminal }, signal);
  }

  create(node: Node, signal: AbortSignal): Promise<Node> {
    const body = { apiVersion: "v1", kind: "Node", ...node };
    const request = { method: "POST", path: corePath("nodes"), body, priority: Priority.terminal } as const;
    return this.#http.json<Node>(request, signal);
  }

  async patchStatus(from: Node, to: Node, signal: AbortSignal): Promise<Node | undefined> {
    const body = nodePatch(from, to);
    if (body === undefined) {
      return to;
    }
    const path = `${this.#path}/status`;
    const request = { method: "PATCH", path, contentType: STRATEGIC_MERGE, priority: Priority.terminal } as const;
    try {
      return await this.#http.json<Node>({ ...request, body }, signal);
    } catch (error) {
      if (hasStatus(error, 404)) {
        return undefined;
      }
      throw error;
    }
  }
}
