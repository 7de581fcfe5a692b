/** The pods of the table as the kubelet API shows them. */
import type { PodTable } from "../control/pod/table.js";
import type { PodRecord } from "../control/pod/record.js";
import type { PodEntry, PodView } from "../ports/kubelet.js";

/** A view over the table, read at each request. */
export function createPodView(table: PodTable): PodView {
  return {
    list: () => [...table.all()].map(entryOf).filter((entry) => entry !== undefined),
    find(namespace, name) {
      for (const record of table.all()) {
        const entry = entryOf(record);
        if (entry?.pod.metadata.name === name && entry.pod.metadata.namespace === namespace) return entry;
      }
      return undefined;
    },
  };
}

function entryOf({ api }: PodRecord): PodEntry | undefined {
  return api === undefined ? undefined : { pod: api, status: api.status };
}
