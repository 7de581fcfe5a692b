/** The objects that a pod's inputs are made of, so that they can be read first. */
import { allContainers } from "./all-containers.js";
import type { TokenSpec } from "./input-objects.js";
import type { Container, Pod, Volume } from "./kubernetes.js";
import { mountedVolumes } from "./mounted-volumes.js";

/** Names in the pod's namespace, each once. */
export interface PodReferences {
  readonly configMaps: readonly string[];
  readonly secrets: readonly string[];
  /** Secrets that hold registry credentials; missing ones do no harm. */
  readonly pullSecrets: readonly string[];
  readonly tokens: readonly TokenSpec[];
  readonly runtimeClass?: string;
}

/** What is referred to, volumes aside that nothing mounts or that are left out by policy. */
export function referencesOf(pod: Pod, omitted: ReadonlySet<string> = new Set()): PodReferences {
  const { spec } = pod;
  const mounted = mountedVolumes(pod);
  const volumes = (spec.volumes ?? []).filter(({ name }) => mounted.has(name) && !omitted.has(name)).flatMap(sourcesOf);
  const variables = allContainers(pod).flatMap(variableSources);
  const all = [...volumes, ...variables];
  const pull = (spec.imagePullSecrets ?? []).map(({ name }) => name);
  return {
    configMaps: names(all.map(({ configMap }) => configMap)),
    secrets: names(all.map(({ secret }) => secret)),
    pullSecrets: names(pull),
    tokens: distinctTokens(volumes),
    ...(spec.runtimeClassName === undefined ? {} : { runtimeClass: spec.runtimeClassName }),
  };
}

interface Source {
  readonly configMap?: string | undefined;
  readonly secret?: string | undefined;
  readonly token?: TokenSpec;
}

function sourcesOf({ configMap, secret, projected }: Volume): readonly Source[] {
  const own = [{ configMap: configMap?.name, secret: secret?.secretName }];
  const sources = (projected?.sources ?? []).map((source): Source => {
    const token = source.serviceAccountToken;
    const spec = token && { audience: token.audience ?? "", expirationSeconds: token.expirationSeconds ?? 3600 };
    const object = { configMap: source.configMap?.name, secret: source.secret?.name };
    return spec === undefined ? object : { ...object, token: spec };
  });
  return [...own, ...sources];
}

function variableSources({ env, envFrom }: Container): readonly Source[] {
  return [
    ...(envFrom ?? []).map(({ configMapRef, secretRef }) => ({
      configMap: configMapRef?.name,
      secret: secretRef?.name,
    })),
    ...(env ?? []).map(({ valueFrom }) => ({
      configMap: valueFrom?.configMapKeyRef?.name,
      secret: valueFrom?.secretKeyRef?.name,
    })),
  ];
}

function distinctTokens(sources: readonly Source[]): readonly TokenSpec[] {
  const tokens = sources.flatMap(({ token }) => (token === undefined ? [] : [token]));
  return [
    ...new Map(tokens.map((token) => [JSON.stringify([token.audience, token.expirationSeconds]), token])).values(),
  ];
}

function names(list: readonly (string | undefined)[]): readonly string[] {
  return [...new Set(list.filter((name) => name !== undefined && name !== ""))] as readonly string[];
}
