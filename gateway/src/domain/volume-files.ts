/** Files of the sources that the gateway reads: config maps, secrets, the downward API, tokens. */
import { allContainers } from "./all-containers.js";
import { defined } from "./defined.js";
import { fieldText } from "./downward-api.js";
import { fromBase64, type InputObjects } from "./input-objects.js";
import { InputProblem } from "./input-problem.js";
import type { FileInput } from "./inputs.js";
import type { ConfigMap, Pod, Secret, Volume } from "./kubernetes.js";
import { resourceFieldValue } from "./resource-field.js";
import { compareText } from "./text.js";

/** What the files of one volume have in common. */
export interface FileScope {
  readonly pod: Pod;
  readonly objects: InputObjects;
  readonly defaultMode: number;
}

type Items = NonNullable<NonNullable<Volume["configMap"]>["items"]>;

/** A reference to an object's keys. */
export interface KeysRef {
  readonly name: string;
  readonly items?: Items;
  readonly optional?: boolean;
}

/** @throws InputProblem */
export function configMapFiles(ref: KeysRef, scope: FileScope): readonly FileInput[] {
  const found = scope.objects.configMap(ref.name);
  if (found === undefined && ref.optional !== true) throw new InputProblem(`configmap "${ref.name}" not found`);
  return keyFiles(configMapData(found), ref, scope, {
    sensitive: false,
    missing: (key) => `configmap references non-existent config key: ${key}`,
  });
}

/** @throws InputProblem */
export function secretFiles(ref: KeysRef, scope: FileScope): readonly FileInput[] {
  const found = scope.objects.secret(ref.name);
  if (found === undefined && ref.optional !== true) throw new InputProblem(`secret "${ref.name}" not found`);
  return keyFiles(secretData(found), ref, scope, {
    sensitive: true,
    missing: (key) => `references non-existent secret key: ${key}`,
  });
}

type DownwardItems = NonNullable<NonNullable<Volume["downwardAPI"]>["items"]>;

/** @throws InputProblem */
export function downwardFiles(items: DownwardItems, scope: FileScope): readonly FileInput[] {
  const { pod, objects, defaultMode } = scope;
  return items.map(({ path, mode, fieldRef, resourceFieldRef }) => {
    const where = { spec: pod.spec, allocatable: objects.allocatable };
    const resource = resourceFieldRef === undefined ? "" : resourceFieldValue(resourceFieldRef, where);
    const text = fieldRef === undefined ? resource : fieldText(pod, fieldRef.fieldPath);
    return { path: cleanPath(path), mode: mode ?? defaultMode, content: encode(text), sensitive: false };
  });
}

/** A token asked for by a projected volume. @throws InputProblem */
export function tokenFile(
  source: { readonly audience?: string; readonly expirationSeconds?: number; readonly path: string },
  scope: FileScope,
): FileInput {
  const { pod, objects, defaultMode } = scope;
  const token = objects.token({ audience: source.audience ?? "", expirationSeconds: source.expirationSeconds ?? 3600 });
  if (token === undefined) {
    const account = pod.spec.serviceAccountName ?? "default";
    throw new InputProblem(`failed to fetch token: serviceaccounts "${account}" not found`);
  }
  const user = commonUser(pod);
  const restricted = user !== undefined || pod.spec.securityContext?.fsGroup !== undefined;
  return defined({
    path: source.path,
    mode: restricted ? 0o600 : defaultMode,
    uid: user,
    content: encode(token.token),
    sensitive: true,
    expiresAt: token.expiresAt,
  });
}

/** fsGroup: the group owns the files and may read them. */
export function withGroup(file: FileInput, pod: Pod): FileInput {
  const gid = pod.spec.securityContext?.fsGroup;
  return gid === undefined ? file : { ...file, gid, mode: file.mode | 0o440 };
}

/** The one user that all containers run as, if the spec says so. */
export function commonUser(pod: Pod): number | undefined {
  const podUser = pod.spec.securityContext?.runAsUser;
  const users = new Set(allContainers(pod).map(({ securityContext }) => securityContext?.runAsUser ?? podUser));
  return users.size === 1 ? [...users][0] : undefined;
}

interface KeyRules {
  readonly sensitive: boolean;
  readonly missing: (key: string) => string;
}

function keyFiles(
  data: ReadonlyMap<string, Uint8Array>,
  ref: KeysRef,
  { defaultMode }: FileScope,
  { sensitive, missing }: KeyRules,
): readonly FileInput[] {
  const items = ref.items ?? [];
  if (items.length === 0) {
    const sorted = [...data].toSorted(([a], [b]) => compareText(a, b));
    return sorted.map(([path, content]) => ({ path, mode: defaultMode, content, sensitive }));
  }
  return items.flatMap(({ key, path, mode }) => {
    const content = data.get(key);
    if (content !== undefined) return [{ path: cleanPath(path), mode: mode ?? defaultMode, content, sensitive }];
    if (ref.optional === true) return [];
    throw new InputProblem(missing(key));
  });
}

function configMapData(found: ConfigMap | undefined): ReadonlyMap<string, Uint8Array> {
  const text = Object.entries(found?.data ?? {}).map(([key, value]) => [key, encode(value)] as const);
  const binary = Object.entries(found?.binaryData ?? {}).map(([key, value]) => [key, fromBase64(value)] as const);
  return new Map([...binary, ...text]);
}

function secretData(found: Secret | undefined): ReadonlyMap<string, Uint8Array> {
  return new Map(Object.entries(found?.data ?? {}).map(([key, value]) => [key, fromBase64(value)] as const));
}

/** Relative, no empty, "." or ".." part. @throws InputProblem */
function cleanPath(path: string): string {
  const parts = path.split("/").filter((part) => part !== "" && part !== ".");
  if (path.startsWith("/") || parts.length === 0 || parts[0]?.startsWith("..") === true || parts.includes("..")) {
    throw new InputProblem(`invalid path: must be relative and stay in the volume: ${path}`);
  }
  return parts.join("/");
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
