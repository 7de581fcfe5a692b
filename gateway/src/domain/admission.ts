/** Whether a pod may run here. Judged once per UID, before it starts; what was acknowledged is never judged again. */
import { type FeatureContext, judgeFeatures } from "./admission-features.js";
import { type Refusal, roomRefusal } from "./admission-fit.js";
import { placeRefusal, systemRefusal } from "./admission-node.js";
import { sysctlRefusal } from "./admission-sysctls.js";
import type { Container, Node, Pod } from "./kubernetes.js";
import type { NodeUse } from "./node-use.js";
import type { ProviderLimits } from "./provider-facts.js";
import { byteLength } from "./text.js";

/** What the judgement depends on. */
export interface AdmissionContext extends FeatureContext {
  readonly limits: Pick<ProviderLimits, "maxContainers" | "maxEnvBytes">;
  readonly node: Node;
  /** What the other pods hold of this node. */
  readonly used: NodeUse;
}

/** The judgement; warnings become events of type Warning. */
export type Admission =
  | {
      readonly kind: "admitted";
      /** Names of volumes to leave out. */
      readonly omitted: ReadonlySet<string>;
      readonly warnings: readonly Refusal[];
    }
  /** Reason and message of the event; the status says "Pod was rejected: " before the message. */
  | ({ readonly kind: "refused"; readonly warnings: readonly Refusal[] } & Refusal);

/** The first check that fails decides. */
export function admit(pod: Pod, context: AdmissionContext): Admission {
  const { node, used } = context;
  const refusal =
    sysctlRefusal(pod) ??
    systemRefusal(pod, node) ??
    roomRefusal(pod, used, node.status?.allocatable ?? {}) ??
    placeRefusal(pod, node, used) ??
    limitRefusal(pod, context.limits);
  if (refusal !== undefined) return { kind: "refused", ...refusal, warnings: [] };
  const { refusal: unsupported, omitted, warnings } = judgeFeatures(pod, context);
  return unsupported === undefined
    ? { kind: "admitted", omitted, warnings: warnings.map(warningOf) }
    : { kind: "refused", ...unsupported, warnings: warnings.map(warningOf) };
}

function warningOf(message: string): Refusal {
  return { reason: "UnsupportedFeature", message };
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
