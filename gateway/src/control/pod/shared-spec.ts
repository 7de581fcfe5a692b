/** One spec for all states of a pod in which it is the same: what was made of it stays valid, and memory is shared. */
import { sameValue } from "../../domain/json-diff.js";
import type { Pod } from "../../domain/kubernetes.js";

/** The pod, with the spec object of an earlier state if that means the same. */
export function withSharedSpec(pod: Pod, known: Pod | undefined): Pod {
  return known !== undefined && sameValue(pod.spec, known.spec) ? { ...pod, spec: known.spec } : pod;
}
