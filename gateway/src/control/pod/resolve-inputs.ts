/** Everything that a pod refers to, read one by one, and what the provider gets of it. */
import { type AbsentInput, absentFromEnv } from "../../domain/absent-inputs.js";
import { allContainers } from "../../domain/all-containers.js";
import { admittedFeatures, judgeFeatures } from "../../domain/admission-features.js";
import { type PodDNS, podDNS } from "../../domain/dns.js";
import { containerEnv } from "../../domain/env.js";
import { type PodNames, podNames } from "../../domain/hostname.js";
import type { InputObjects } from "../../domain/input-objects.js";
import { InputProblem } from "../../domain/input-problem.js";
import { inputResources } from "../../domain/input-resources.js";
import type { ContainerInputs, PodInputs, RegistryCredential } from "../../domain/inputs.js";
import type { Container, Pod, Secret } from "../../domain/kubernetes.js";
import { kubeTime } from "../../domain/kube-time.js";
import { withLocalAnnotations } from "../../domain/local-annotations.js";
import { credentialsFor, imageVolumeInputs } from "../../domain/pull-secrets.js";
import { podVolumes } from "../../domain/volumes.js";
import type { FeatureSupport } from "../../ports/provider.js";
import type { PodDeps } from "./deps.js";
import { followInputs } from "./follow-inputs.js";
import { inputsDigestOf } from "./inputs-digest.js";
import type { MissingInputs } from "./missing-inputs.js";
import { fieldPath, lastingWarning } from "./provider-event.js";
import { readObjects } from "./read-objects.js";
import type { PodRecord } from "./record.js";
import { refreshTime } from "./refresh-time.js";
import { allocatedPod } from "./allocated.js";

/** Inputs with their digest and the time to resolve them again; or why there are none yet. */
export type Resolved = ReadyInputs | MissingInputs;

/** Inputs to send. */
export interface ReadyInputs {
  readonly kind: "ready";
  readonly inputs: PodInputs;
  readonly digest: string;
  /** Milliseconds; undefined: never. */
  readonly refreshAt: number | undefined;
  /** What users should know when the pod is made of them. */
  readonly warnings: PodDNS["warnings"];
}

/** Reads and resolves. Rejects when the API cannot be asked. */
export async function resolveInputs(
  deps: PodDeps,
  record: PodRecord,
  api: Pod,
  signal: AbortSignal,
): Promise<Resolved> {
  try {
    return await resolve(deps, record, localPod(deps, record, api), signal);
  } catch (error) {
    if (!(error instanceof InputProblem)) throw error;
    return {
      kind: "missing",
      reason: "FailedCreatePodSandBox",
      messages: [`Failed to create pod sandbox: ${error.message}`],
    };
  }
}

/** Notes what the provider has taken. */
export function noteInputs(record: PodRecord, { digest, refreshAt }: ReadyInputs): void {
  record.inputsDigest = digest;
  record.refreshAt = refreshAt;
}

/** As a kubelet would keep it. */
function localPod({ clock, options }: PodDeps, record: PodRecord, api: Pod): Pod {
  const seen = record.startTime ?? kubeTime(clock.now());
  return withLocalAnnotations(allocatedPod(record, api), seen, options.podSource ?? "api");
}

async function resolve(deps: PodDeps, record: PodRecord, pod: Pod, signal: AbortSignal): Promise<Resolved> {
  const { omitted } = judgeFeatures(pod, { features: featuresOf(deps), policy: deps.options.featurePolicy });
  followInputs(deps, record, pod, omitted);
  const objects = await readObjects(deps, pod, omitted, signal);
  record.missingPullSecrets = objects.missingPullSecrets;
  const { volumes, problems } = podVolumes(pod, objects, omitted);
  if (problems.length > 0) return { kind: "missing", reason: "FailedMount", messages: problems };
  const containers = allContainers(pod).map((container) => containerInputs(pod, container, objects));
  const { runtimeHandler } = objects;
  const imageVolumes = imageVolumeInputs(pod, objects.pullSecrets);
  const { warnings, ...wide } = podWide(deps, pod);
  const inputs: PodInputs = {
    ...podNames(pod, deps.options.clusterDomain),
    ...wide,
    containers,
    volumes,
    runtimeHandler,
    ...(imageVolumes === undefined ? {} : { imageVolumes }),
  };
  const digest = inputsDigestOf(inputs);
  const absent = deps.options.compatibility === "virtual-kubelet" ? absentFromEnv(pod, objects) : [];
  tellErrors(deps, record, { pod, inputs, digest, absent });
  record.missingTries = 0;
  const isLive = deps.view()?.info.capabilities.has("inputs.live") === true;
  return {
    kind: "ready",
    inputs,
    digest,
    warnings,
    refreshAt: refreshTime(inputs, objects.renewAt, { now: deps.clock.now(), isLive }),
  };
}

type Objects = InputObjects & { readonly pullSecrets: readonly Secret[]; readonly runtimeHandler: string };

function podWide(
  deps: PodDeps,
  pod: Pod,
): Omit<PodInputs, "containers" | "volumes" | "imageVolumes" | "runtimeHandler" | keyof PodNames> & {
  readonly warnings: PodDNS["warnings"];
} {
  const { clusterDNS, clusterDomain } = deps.options;
  const { config: dns, warnings } = podDNS(pod, { clusterDNS, clusterDomain, host: deps.view()?.node.facts?.dns });
  const resources = inputResources(pod.spec.resources);
  return {
    hosts: (pod.spec.hostAliases ?? []).map(({ ip, hostnames = [] }) => ({ ip, hostnames })),
    admittedFeatures: admittedFeatures(pod, featuresOf(deps)),
    warnings,
    ...(dns === undefined ? {} : { dns }),
    ...(resources === undefined ? {} : { resources }),
  };
}

function featuresOf({ view }: PodDeps): ReadonlyMap<string, FeatureSupport> {
  return view()?.info.features ?? new Map();
}

function containerInputs(pod: Pod, container: Container, objects: Objects): ContainerInputs {
  const registryCredentials: readonly RegistryCredential[] = credentialsFor(container.image ?? "", objects.pullSecrets);
  const resources = inputResources(container.resources);
  const common = { name: container.name, registryCredentials, ...(resources === undefined ? {} : { resources }) };
  try {
    return { ...common, ...containerEnv(pod, container, objects) };
  } catch (error) {
    if (!(error instanceof InputProblem)) throw error;
    const why = { reason: "CreateContainerConfigError", message: error.message };
    return { ...common, env: [], command: [], args: [], subPaths: [], error: why };
  }
}

interface Told {
  readonly pod: Pod;
  readonly inputs: PodInputs;
  readonly digest: string;
  readonly absent: readonly AbsentInput[];
}

/** Once for each new set of inputs: the kubelet says so at each try. */
function tellErrors({ events }: PodDeps, record: PodRecord, { pod, inputs, digest, absent }: Told): void {
  if (record.toldDigest === digest) return;
  record.toldDigest = digest;
  for (const { reason, message } of absent) events.record(lastingWarning(pod, reason, message));
  for (const { name, error } of inputs.containers) {
    if (error !== undefined) {
      events.record(lastingWarning(pod, "Failed", `Error: ${error.message}`, fieldPath(pod, name)));
    }
  }
}
