/** The pods of the table as the kubelet API shows them. */
import type { PodTable } from "../control/pod/table.js";
import type { PodRecord } from "../control/pod/record.js";
import type { PodEntry, PodView } from "../ports/kubelet.js";

/** A view over the table, read at each request. */
export function createPodView(table: PodTable): PodView {
  return {
    list: () => [...table.all()].map(entryOf).filter((entry) => entry !== undefined),
    find(namespace, name) {
      const named = [...table.all()].filter(
        ({ api }) => api?.metadata.name === name && api.metadata.namespace === namespace,
      );
      return named.map(entryOf).findLast((entry) => entry !== undefined); // the youngest, while an older one is leaving
    },
  };
}

function entryOf({ api }: PodRecord): PodEntry | undefined {
  return api === undefined ? undefined : { pod: api, status: api.status };
}
