/** Pods that hold resources of this node: admitted or acknowledged, and not at their end. */
import type { Pod } from "../../domain/kubernetes.js";
import { NodeLedger, type NodeUse } from "../../domain/node-use.js";
import { isTerminal } from "../../domain/pod-plan.js";
import { allocatedPod } from "./allocated.js";
import type { PodRecord } from "./record.js";

/** Running sums over the records; each is looked at again only after something happened to it. */
export class ActivePods {
  readonly #ledger = new NodeLedger();
  readonly #changed = new Set<string>();
  readonly #recordOf: (uid: string) => PodRecord | undefined;

  constructor(recordOf: (uid: string) => PodRecord | undefined) {
    this.#recordOf = recordOf;
  }

  /** To be called whenever a record was changed, made or forgotten. */
  note(uid: string): void {
    this.#changed.add(uid);
  }

  /** What all pods but one hold, by the resources that are allocated to them. */
  without(uid: string): NodeUse {
    for (const each of this.#changed) {
      this.#ledger.set(each, heldBy(this.#recordOf(each)));
    }
    this.#changed.clear();
    return this.#ledger.without(uid);
  }
}

/** The pod with the resources that it holds; undefined: none. */
function heldBy(record: PodRecord | undefined): Pod | undefined {
  if (record?.api === undefined || isTerminal(record.api)) return undefined;
  const { api, verdict, startTime } = record;
  const isActive = verdict === "admitted" || (verdict === undefined && startTime !== undefined);
  return isActive ? allocatedPod(record, api) : undefined;
}
