/**
 * Keeps pods small: an object shares what is equal with its earlier state, and with the last one that came from the same
 * owner. What a provider observes of a pod likewise.
 */
import { sameValue } from "../../domain/json-diff.js";
import type { Pod, PodSpec } from "../../domain/kubernetes.js";
import type { PodObservation } from "../../domain/observation.js";
import { withSharedParts } from "../../domain/shared-parts.js";

/** Owners whose last pod is remembered. */
const MOST_MODELS = 64;

/** One for a table. */
export class LeanPods {
  readonly #models = new Map<string, Pod>();
  #observation: PodObservation | undefined;

  /** The same object. Its spec is one for all states in which it is the same: what was made of it stays valid. */
  pod(pod: Pod, before: Pod | undefined): Pod {
    const owner = ownerOf(pod);
    const model = this.#models.get(owner);
    const { spec: _spec, ...rest } = pod;
    const { metadata, status: own } = withSharedParts(rest, before ?? model);
    const status = withSharedParts(own, model?.status);
    const spec = specOf(pod, before, model);
    const lean = status === undefined ? { ...pod, metadata, spec } : { ...pod, metadata, spec, status };
    if (model === undefined && this.#models.size >= MOST_MODELS) this.#models.clear();
    this.#models.set(owner, lean);
    return lean;
  }

  /** The same observation. */
  observation(observation: PodObservation, before: PodObservation | undefined): PodObservation {
    const lean = withSharedParts(withSharedParts(observation, before), this.#observation);
    this.#observation = lean;
    return lean;
  }
}

/** Each pod has a spec object of its own, whose parts may be others' too: some things are remembered by spec. */
function specOf({ spec }: Pod, before: Pod | undefined, model: Pod | undefined): PodSpec {
  if (before !== undefined) return sameValue(spec, before.spec) ? before.spec : withSharedParts(spec, before.spec);
  const lean = withSharedParts(spec, model?.spec);
  return lean === model?.spec ? { ...lean } : lean;
}

function ownerOf({ metadata: { namespace, ownerReferences } }: Pod): string {
  return JSON.stringify([namespace, ownerReferences?.[0]?.["uid"]]);
}
