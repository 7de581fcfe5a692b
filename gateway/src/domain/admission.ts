/** Whether a pod may run here. Judged once per UID, before it starts; what was acknowledged is never judged again. */
import { type FeatureContext, judgeFeatures } from "./admission-features.js";
import { type Refusal, roomRefusal } from "./admission-fit.js";
import { placeRefusal, systemRefusal } from "./admission-node.js";
import type { Container, Node, Pod } from "./kubernetes.js";
import type { ProviderLimits } from "./provider-facts.js";
import { byteLength } from "./text.js";

/** What the judgement depends on. */
export interface AdmissionContext extends FeatureContext {
  readonly limits: Pick<ProviderLimits, "maxContainers" | "maxEnvBytes" | "maxGraceSeconds">;
  readonly node: Node;
  /** Admitted pods of this node, itself or ended ones among them or not. */
  readonly otherPods: readonly Pod[];
}

/** The judgement. */
export type Admission =
  | {
      readonly kind: "admitted";
      /** Ids for admitted_features. */
      readonly features: readonly string[];
      /** Names of volumes to leave out. */
      readonly omitted: ReadonlySet<string>;
      /** Events of type Warning, reason UnsupportedFeature. */
      readonly warnings: readonly string[];
    }
  /** Reason of status and event; message of the event. The status says "Pod was rejected: " before it. */
  | ({ readonly kind: "refused" } & Refusal);

/** The first check that fails decides. */
export function admit(pod: Pod, context: AdmissionContext): Admission {
  const { node, otherPods } = context;
  const refusal =
    systemRefusal(pod, node) ??
    roomRefusal(pod, otherPods, node.status?.allocatable ?? {}) ??
    placeRefusal(pod, node, otherPods) ??
    limitRefusal(pod, context.limits);
  if (refusal !== undefined) return { kind: "refused", ...refusal };
  const { refusal: unsupported, admitted, omitted, warnings } = judgeFeatures(pod, context);
  if (unsupported !== undefined) return { kind: "refused", ...unsupported };
  return { kind: "admitted", features: admitted, omitted, warnings };
}

function limitRefusal({ spec }: Pod, limits: AdmissionContext["limits"]): Refusal | undefined {
  const containers = [...(spec.initContainers ?? []), ...spec.containers];
  const most = limits.maxContainers ?? Number.POSITIVE_INFINITY;
  if (containers.length > most) {
    return overLimit(`spec.containers: ${containers.length} containers are more than the provider takes (${most})`);
  }
  const bytes = limits.maxEnvBytes ?? Number.POSITIVE_INFINITY;
  const big = containers.find((container) => envBytes(container) > bytes);
  if (big === undefined) return undefined;
  return overLimit(`container ${big.name}: its environment is larger than the provider takes (${bytes} bytes)`);
}

function overLimit(message: string): Refusal {
  return { reason: "UnsupportedFeature", message };
}

/** Of what the spec itself holds. */
function envBytes({ env }: Container): number {
  return (env ?? []).reduce((sum, { name, value }) => sum + byteLength(name) + byteLength(value ?? "") + 2, 0);
}
