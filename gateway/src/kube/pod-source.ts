/** The pods bound to this node, from the API server. */
import type { Pod } from "../domain/kubernetes.js";
import type { PodSource, PodSourceEvent } from "../ports/pods.js";
import { type ListWatchEvent, type ListWatchOptions, listWatch } from "./list-watch.js";

export interface ApiPodSourceOptions extends Omit<ListWatchOptions, "path" | "kind" | "apiVersion" | "fieldSelector"> {
  readonly nodeName: string;
}

export class ApiPodSource implements PodSource {
  readonly #options: ListWatchOptions;

  constructor({ nodeName, ...rest }: ApiPodSourceOptions) {
    const fieldSelector = `spec.nodeName=${nodeName}`;
    this.#options = { ...rest, path: "/api/v1/pods", kind: "Pod", apiVersion: "v1", fieldSelector };
  }

  async *watch(signal: AbortSignal): AsyncGenerator<PodSourceEvent, void, undefined> {
    for await (const event of listWatch<Pod>(this.#options, signal)) {
      yield toPodEvent(event);
    }
  }
}

function toPodEvent(event: ListWatchEvent<Pod>): PodSourceEvent {
  switch (event.kind) {
    case "list":
      return { kind: "list", pods: event.items };
    case "lost":
      return event;
    default:
      return { kind: event.kind, pod: event.object };
  }
}
