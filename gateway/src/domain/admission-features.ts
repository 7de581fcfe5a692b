/** Whether the provider can do what a pod asks for, feature by feature, and what the operator's policy makes of it. */
import type { Refusal } from "./admission-fit.js";
import type { FeatureScope } from "./feature-rules.js";
import { type FeatureUse, featuresUsed } from "./features-used.js";
import { valuesAt } from "./json-paths.js";
import type { Node, Pod } from "./kubernetes.js";
import type { FeatureSupport } from "./provider-facts.js";
import { apiAccessVolume } from "./volumes.js";

/** What happens to a pod that uses a feature which the provider does not honour. */
export type FeaturePolicy = "refuse" | "warn" | "omit";

/** What the check depends on. */
export interface FeatureContext extends Omit<FeatureScope, "pod"> {
  readonly features: ReadonlyMap<string, FeatureSupport>;
  /** Of the provider; default none. */
  readonly capabilities?: ReadonlySet<string>;
  /** Ours, with what its runtime handlers can do. */
  readonly node?: Node;
  /** By feature id; "*" for all others. Defaults: refuse; unknown_field warn; inputs.api_access omit. */
  readonly policy: Readonly<Record<string, FeaturePolicy>>;
}

/** Outcome. */
export interface FeatureVerdict {
  /** Volumes to leave out. */
  readonly omitted: ReadonlySet<string>;
  /** Messages of events of type Warning. */
  readonly warnings: readonly string[];
  readonly refusal?: Refusal;
}

const DEFAULTS: Readonly<Record<string, FeaturePolicy>> = { unknown_field: "warn", "inputs.api_access": "omit" };
/** Kept by the gateway where the provider does not: never a reason to refuse. */
const KEPT_BY_GATEWAY: ReadonlySet<string> = new Set(["active_deadline"]);
/** The same, from the provider's figures: pods that exceed these limits are evicted. */
const KEPT_BY_EVICTION: ReadonlySet<string> = new Set([
  "volumes.empty_dir.size_limit",
  "resources.ephemeral_storage_limit",
]);

/** Checks every feature that the pod uses. */
export function judgeFeatures(pod: Pod, context: FeatureContext): FeatureVerdict {
  const verdict = { omitted: new Set<string>(), warnings: [] as string[] };
  const problems: string[] = [];
  for (const use of featuresUsed(pod, context)) {
    const problem = problemOf(use, pod, context);
    if (problem === undefined) continue;
    const policy = policyOf(use.id, context.policy);
    if (policy === "refuse") problems.push(problem);
    else pass(verdict, { use, problem, policy, pod });
  }
  const [first] = problems;
  return first === undefined
    ? verdict
    : { ...verdict, refusal: { reason: "UnsupportedFeature", message: problems.join("; ") } };
}

/** The ids for admitted_features: what the pod uses and the provider declares, at any level. */
export function admittedFeatures(
  pod: Pod,
  features: FeatureContext["features"],
  options: Omit<FeatureScope, "pod"> = {},
): readonly string[] {
  return featuresUsed(pod, options).flatMap(({ id }) => (features.has(id) ? [id] : []));
}

interface Passing {
  readonly use: FeatureUse;
  readonly problem: string;
  readonly policy: FeaturePolicy;
  readonly pod: Pod;
}

/** Lets a feature pass that the provider does not honour. */
function pass(verdict: { omitted: Set<string>; warnings: string[] }, { use, problem, policy, pod }: Passing): void {
  const volume = use.id === "inputs.api_access" && policy === "omit" ? apiAccessVolume(pod) : undefined;
  if (volume === undefined) verdict.warnings.push(`${problem}; it has no effect`);
  else {
    verdict.omitted.add(volume);
    verdict.warnings.push(`${problem}; the volume is left out`);
  }
}

/** undefined: honoured, or within its bounds, or no matter. */
function problemOf(use: FeatureUse, pod: Pod, context: FeatureContext): string | undefined {
  const { id } = use;
  const paths = use.paths.filter((path) => !isHonouredByHandler(path, context));
  if (paths.length === 0) return undefined;
  const support = context.features.get(id);
  if (support === undefined) {
    return isKeptByGateway(id, context) ? undefined : `${paths.join(", ")}: the provider does not support ${id}`;
  }
  if (support.level === "ignored") return `${paths.join(", ")}: the provider ignores ${id}`;
  return support.level === "limited" ? outOfBounds(support, pod) : undefined;
}

function isKeptByGateway(id: string, { capabilities }: FeatureContext): boolean {
  return KEPT_BY_GATEWAY.has(id) || (KEPT_BY_EVICTION.has(id) && capabilities?.has("stats") === true);
}

/** Recursive read-only mounts are no row of the registry: a node names them with its runtime handlers, as a kubelet's does. */
function isHonouredByHandler(path: string, { node, runtimeHandler }: FeatureContext): boolean {
  if (!path.endsWith(".recursiveReadOnly")) return false;
  const handlers = node?.status?.runtimeHandlers ?? [];
  return handlers.some(
    ({ name, features }) => name === (runtimeHandler ?? name) && features?.recursiveReadOnlyMounts === true,
  );
}

type Bound = FeatureSupport["bounds"][number];

function outOfBounds(support: FeatureSupport, pod: Pod): string | undefined {
  for (const bound of support.bounds) {
    const outside = valuesAt(pod, bound.path).find(({ value }) => !isWithin(value, bound));
    if (outside !== undefined) {
      return `${outside.path}: ${JSON.stringify(outside.value)} is not what the provider supports (${describe(bound)})`;
    }
  }
  return undefined;
}

function isWithin(value: unknown, { min, max, allowed }: Bound): boolean {
  if (allowed.length > 0 && !allowed.includes(String(value))) return false;
  if (min === undefined && max === undefined) return true;
  const number = Number(value);
  return number >= (min ?? Number.NEGATIVE_INFINITY) && number <= (max ?? Number.POSITIVE_INFINITY);
}

function describe({ min, max, allowed }: Bound): string {
  return [
    ...(min === undefined ? [] : [`at least ${min}`]),
    ...(max === undefined ? [] : [`at most ${max}`]),
    ...(allowed.length === 0 ? [] : [`one of ${allowed.join(", ")}`]),
  ].join(", ");
}

function policyOf(id: string, policy: FeatureContext["policy"]): FeaturePolicy {
  return policy[id] ?? DEFAULTS[id] ?? policy["*"] ?? "refuse";
}
