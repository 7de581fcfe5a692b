/** Pods that hold resources of this node: admitted or acknowledged, and not at their end. */
import type { Pod } from "../../domain/kubernetes.js";
import { isTerminal } from "../../domain/pod-plan.js";
import { allocatedPod } from "./allocated.js";
import type { PodTable } from "./table.js";

/** All but one, with the resources that are allocated to them. */
export function activePods(table: PodTable, except: string): readonly Pod[] {
  const pods: Pod[] = [];
  for (const record of table.all()) {
    const { uid, api, verdict, startTime } = record;
    if (uid === except || api === undefined || isTerminal(api)) continue;
    if (verdict === "admitted" || (verdict === undefined && startTime !== undefined)) {
      pods.push(allocatedPod(record, api));
    }
  }
  return pods;
}
