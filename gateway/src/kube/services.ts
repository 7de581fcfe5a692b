/** All services of the cluster, kept by one LIST and WATCH. Nodes may list services; environments need those of a namespace. */
import type { Service } from "../domain/kubernetes.js";
import { ApiError } from "../ports/pods.js";
import { type ListWatchEvent, type ListWatchOptions, listWatch } from "./list-watch.js";
import type { ApiObject } from "./watch-line.js";

/** A service as the API has it. */
export type StoredService = Service &
  ApiObject & { readonly metadata: { readonly name: string; readonly namespace: string } };

const RETRY_MS = 500;

export class ServiceIndex {
  /** namespace → name → service; undefined: never read. */
  #known: Map<string, Map<string, StoredService>> | undefined;

  /** Keeps the index until the signal aborts. */
  async run(options: Omit<ListWatchOptions, "path" | "kind" | "apiVersion">, signal: AbortSignal): Promise<void> {
    const all = { ...options, path: "/api/v1/services", kind: "Service", apiVersion: "v1" };
    for await (const event of listWatch<StoredService>(all, signal)) {
      this.apply(event);
    }
  }

  apply(event: ListWatchEvent<StoredService>): void {
    switch (event.kind) {
      case "list":
        this.#known = new Map();
        for (const service of event.items) {
          this.#set(service);
        }
        return;
      case "set":
        this.#set(event.object);
        return;
      case "gone":
        this.#known?.get(event.object.metadata.namespace)?.delete(event.object.metadata.name);
        return;
      case "lost":
        return;
    }
  }

  /** Those of the namespace, and default/kubernetes. */
  of(namespace: string): readonly StoredService[] {
    if (this.#known === undefined) {
      throw new ApiError(0, "the services of the cluster are not known yet", { retryAfterMs: RETRY_MS });
    }
    const own = [...(this.#known.get(namespace)?.values() ?? [])];
    const master = namespace === "default" ? undefined : this.#known.get("default")?.get("kubernetes");
    return master === undefined ? own : [...own, master];
  }

  #set(service: StoredService): void {
    const { namespace, name } = service.metadata;
    const services = this.#known?.get(namespace) ?? new Map<string, StoredService>();
    services.set(name, service);
    this.#known?.set(namespace, services);
  }
}
