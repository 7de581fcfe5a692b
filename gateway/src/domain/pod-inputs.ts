/** PodInputs: everything of a pod that comes from Kubernetes, put together from objects that were read before. */
import { defined } from "./defined.js";
import { type DNSSettings, podDNS } from "./dns.js";
import { containerEnv } from "./env.js";
import { podNames } from "./hostname.js";
import type { InputObjects } from "./input-objects.js";
import { InputProblem } from "./input-problem.js";
import type { ContainerInputs, PodInputs } from "./inputs.js";
import type { Container, Pod, Quantities, Secret } from "./kubernetes.js";
import type { Resources } from "./observation.js";
import { credentialsFor } from "./pull-secrets.js";
import { milliUnits, quantity, wholeUnits } from "./quantity.js";
import { podVolumes } from "./volumes.js";

/** What the inputs are made of, besides the pod. */
export interface InputContext extends DNSSettings {
  readonly objects: InputObjects;
  /** Pull secrets that were found, in the spec's order. */
  readonly pullSecrets: readonly Secret[];
  /** Empty: the default. */
  readonly runtimeHandler: string;
  readonly admittedFeatures: readonly string[];
  /** Names of volumes that a policy leaves out. */
  readonly omittedVolumes?: ReadonlySet<string>;
}

/** The inputs, or why the pod must wait. */
export type InputsResult =
  | { readonly kind: "ready"; readonly inputs: PodInputs; readonly warnings: readonly InputWarning[] }
  /** Volumes cannot be filled: messages of FailedMount. */
  | {
      readonly kind: "blocked";
      readonly reason: "FailedMount" | "FailedCreatePodSandBox";
      readonly messages: readonly string[];
    };

/** An event of type Warning. */
export interface InputWarning {
  readonly reason: string;
  readonly message: string;
}

/** Resolves everything; a problem of one container is that container's. Resources are those of the pod given. */
export function podInputs(pod: Pod, context: InputContext): InputsResult {
  const { volumes, problems } = podVolumes(pod, context.objects, context.omittedVolumes);
  if (problems.length > 0) return { kind: "blocked", reason: "FailedMount", messages: problems };
  const names = tryOr(() => podNames(pod, context.clusterDomain));
  if (names instanceof InputProblem)
    return { kind: "blocked", reason: "FailedCreatePodSandBox", messages: [names.message] };
  const { config: dns, warnings } = podDNS(pod, context);
  const { spec } = pod;
  const containers = [...(spec.initContainers ?? []), ...spec.containers, ...(spec.ephemeralContainers ?? [])];
  const inputs = defined({
    ...names,
    containers: (containers as readonly Container[]).map((container) => containerInputs(pod, container, context)),
    volumes,
    dns,
    hosts: (spec.hostAliases ?? []).map(({ ip, hostnames }) => ({ ip, hostnames: hostnames ?? [] })),
    runtimeHandler: context.runtimeHandler,
    admittedFeatures: context.admittedFeatures,
    resources: wireResources(spec.resources),
  });
  return { kind: "ready", inputs, warnings };
}

/** Requests and limits in the contract's spelling; undefined: none are set. */
export function wireResources(
  resources: { readonly requests?: Quantities; readonly limits?: Quantities } | undefined,
): Resources | undefined {
  const { requests = {}, limits = {} } = resources ?? {};
  if (Object.keys(requests).length + Object.keys(limits).length === 0) return undefined;
  return { requests: wireList(requests), limits: wireList(limits) };
}

function containerInputs(pod: Pod, container: Container, context: InputContext): ContainerInputs {
  const resources = wireResources(container.resources);
  const registryCredentials = credentialsFor(container.image ?? "", context.pullSecrets);
  const base = defined({ name: container.name, resources, registryCredentials });
  const env = tryOr(() => containerEnv(pod, container, context.objects));
  if (!(env instanceof InputProblem)) return { ...base, ...env };
  const error = { reason: "CreateContainerConfigError", message: env.message };
  return { ...base, env: [], command: [], args: [], subPaths: [], error };
}

function wireList(list: Quantities): Quantities {
  return Object.fromEntries(
    Object.entries(list).map(([name, text]) => {
      const value = quantity(text);
      return [name, name === "cpu" ? `${milliUnits(value)}m` : String(wholeUnits(value))] as const;
    }),
  );
}

function tryOr<T>(make: () => T): T | InputProblem {
  try {
    return make();
  } catch (error) {
    if (error instanceof InputProblem) return error;
    throw error;
  }
}
