/** Reads what a pod refers to, by name, all at once. */
import type { InputObjects } from "../../domain/input-objects.js";
import { InputProblem } from "../../domain/input-problem.js";
import type { ConfigMap, Pod, Secret } from "../../domain/kubernetes.js";
import { referencesOf } from "../../domain/pod-references.js";
import type { PodDeps } from "./deps.js";

/** What was read. */
export interface ReadObjects extends InputObjects {
  /** Secrets of imagePullSecrets that exist. */
  readonly pullSecrets: readonly Secret[];
  /** Names of those that do not. */
  readonly missingPullSecrets: readonly string[];
  /** When the first of the tokens should be renewed, milliseconds; undefined: there is none. */
  readonly renewAt: number | undefined;
  /** Handler of the pod's RuntimeClass; empty: the default. */
  readonly runtimeHandler: string;
}

/** Rejects with an ApiError when the API cannot be asked, with an InputProblem for an unknown RuntimeClass. */
export async function readObjects(
  deps: PodDeps,
  pod: Pod,
  omitted: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<ReadObjects> {
  const { inputs, view } = deps;
  const { namespace } = pod.metadata;
  const wanted = referencesOf(pod, omitted);
  const shortest = view()?.info.limits.staticTokenTtlSeconds ?? 0;
  const live = view()?.info.capabilities.has("inputs.live") === true;
  const [configMaps, secrets, tokens, services, runtimeHandler] = await Promise.all([
    readAll(wanted.configMaps, (name) => inputs.configMap(namespace, name, signal)),
    readAll([...wanted.secrets, ...wanted.pullSecrets], (name) => inputs.secret(namespace, name, signal)),
    readAll(wanted.tokens.map(tokenKey), (key) => {
      const { audience, expirationSeconds } = parseTokenKey(key);
      const seconds = live ? expirationSeconds : Math.max(expirationSeconds, shortest);
      return inputs.token({ pod, audience, expirationSeconds: seconds }, signal);
    }),
    inputs.services(namespace, signal),
    handlerOf(deps, pod, signal),
  ]);
  return {
    configMap: (name): ConfigMap | undefined => configMaps.get(name),
    secret: (name): Secret | undefined => secrets.get(name),
    token: (spec) => tokens.get(tokenKey(spec)),
    services,
    allocatable: deps.nodeObject()?.status?.allocatable ?? view()?.node.facts?.allocatable ?? {},
    pullSecrets: wanted.pullSecrets.map((name) => secrets.get(name)).filter((secret) => secret !== undefined),
    missingPullSecrets: wanted.pullSecrets.filter((name) => !secrets.has(name)),
    renewAt: tokens.size === 0 ? undefined : Math.min(...[...tokens.values()].map(({ renewAt }) => renewAt)),
    runtimeHandler,
  };
}

async function readAll<Found>(
  keys: readonly string[],
  read: (key: string) => Promise<Found | undefined>,
): Promise<ReadonlyMap<string, Found>> {
  const found = new Map<string, Found>();
  const take = async (key: string) => {
    const object = await read(key);
    if (object !== undefined) found.set(key, object);
  };
  await Promise.all([...new Set(keys)].map(take));
  return found;
}

async function handlerOf({ inputs }: PodDeps, { spec }: Pod, signal: AbortSignal): Promise<string> {
  if (spec.runtimeClassName === undefined) return "";
  const handler = await inputs.runtimeHandler(spec.runtimeClassName, signal);
  if (handler === undefined) throw new InputProblem(`runtimeclass.node.k8s.io "${spec.runtimeClassName}" not found`);
  return handler;
}

function tokenKey({
  audience,
  expirationSeconds,
}: {
  readonly audience: string;
  readonly expirationSeconds: number;
}): string {
  return `${expirationSeconds}/${audience}`;
}

function parseTokenKey(key: string): { readonly audience: string; readonly expirationSeconds: number } {
  const at = key.indexOf("/");
  return { expirationSeconds: Number(key.slice(0, at)), audience: key.slice(at + 1) };
}
