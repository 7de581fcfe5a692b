/** Environment, command, arguments and sub paths of a container. */
import { fieldValue } from "./downward-api.js";
import { expand, type Lookup, referencedNames } from "./expansion.js";
import { fromBase64, type InputObjects } from "./input-objects.js";
import { InputProblem } from "./input-problem.js";
import type { ContainerInputs, EnvVar, Value } from "./inputs.js";
import type { Container, Pod } from "./kubernetes.js";
import { resourceFieldValue } from "./resource-field.js";
import { serviceEnv } from "./service-env.js";
import { compareText } from "./text.js";
import { bytesValue, knownBytes, textValue } from "./values.js";

/** What depends on the environment. */
export type EnvInputs = Pick<ContainerInputs, "env" | "command" | "args" | "subPaths">;

/** All of it. @throws InputProblem with the kubelet's words */
export function containerEnv(pod: Pod, container: Container, objects: InputObjects): EnvInputs {
  const { namespace } = pod.metadata;
  const services = serviceEnv(objects.services, namespace, pod.spec.enableServiceLinks ?? true);
  const scope = { pod, container, objects, services };
  const defined = [...fromSources(scope), ...(container.env ?? [])].reduce(define(scope), []);
  const env = assemble(defined, services);
  const lookup = lookupIn(env);
  return {
    env,
    command: (container.command ?? []).map((text) => expand(text, lookup)),
    args: (container.args ?? []).map((text) => expand(text, lookup)),
    subPaths: subPaths(container, env),
  };
}

interface Scope {
  readonly pod: Pod;
  readonly container: Container;
  readonly objects: InputObjects;
  readonly services: ReadonlyMap<string, string>;
}

type SpecVar = NonNullable<Container["env"]>[number];
type Source = SpecVar | EnvVar;

/** envFrom: every key of each object, in the order of the list. */
function fromSources({ container, objects }: Scope): readonly EnvVar[] {
  return (container.envFrom ?? []).flatMap(({ prefix = "", configMapRef, secretRef }) => {
    if (configMapRef !== undefined) {
      const found = required(objects.configMap(configMapRef.name ?? ""), configMapRef, "configmap");
      return variablesOf(found?.data ?? {}, prefix, textValue);
    }
    if (secretRef === undefined) return [];
    const found = required(objects.secret(secretRef.name ?? ""), secretRef, "secret");
    return variablesOf(found?.data ?? {}, prefix, (text) => bytesValue(fromBase64(text)));
  });
}

function variablesOf(
  data: Readonly<Record<string, string>>,
  prefix: string,
  decode: (text: string) => Value,
): readonly EnvVar[] {
  return Object.entries(data)
    .toSorted(([a], [b]) => compareText(a, b))
    .map(([key, text]) => ({ name: prefix + key, value: decode(text) }));
}

/** The object; undefined only if it is optional. */
function required<T>(
  found: T | undefined,
  { name = "", optional }: { readonly name?: string; readonly optional?: boolean },
  kind: "configmap" | "secret",
): T | undefined {
  if (found === undefined && optional !== true) throw new InputProblem(`${kind} "${name}" not found`);
  return found;
}

/** Adds one variable; an earlier one of the name goes, unless the new one may turn out not to be set. */
function define(scope: Scope): (known: readonly EnvVar[], source: Source) => readonly EnvVar[] {
  return (known, source) => {
    const value =
      "valueFrom" in source || !Array.isArray(source.value) ? specValue(scope, source, known) : source.value;
    if (value === undefined) return known;
    const others = isUncertain(value) ? known : known.filter(({ name }) => name !== source.name);
    return [...others, { name: source.name, value }];
  };
}

function specValue(scope: Scope, variable: Source, known: readonly EnvVar[]): Value | undefined {
  const { value, valueFrom } = variable as SpecVar;
  if (value !== undefined && value !== "") {
    return expand(value, lookupIn(known, scope.services));
  }
  return valueFrom === undefined ? [] : sourceValue(scope, valueFrom);
}

/** undefined: optional and missing. */
function sourceValue(scope: Scope, source: NonNullable<SpecVar["valueFrom"]>): Value | undefined {
  const { pod, container, objects } = scope;
  if (source.fieldRef !== undefined) return fieldValue(pod, source.fieldRef.fieldPath);
  if (source.resourceFieldRef !== undefined) {
    const where = { spec: pod.spec, allocatable: objects.allocatable, self: container };
    return textValue(resourceFieldValue(source.resourceFieldRef, where));
  }
  if (source.configMapKeyRef !== undefined) return configMapKey(scope, source.configMapKeyRef);
  if (source.secretKeyRef !== undefined) return secretKey(scope, source.secretKeyRef);
  return source.fileKeyRef === undefined ? [] : fileKey(scope, source.fileKeyRef);
}

type KeyRef = { readonly name?: string; readonly key: string; readonly optional?: boolean };

function configMapKey({ pod, objects }: Scope, ref: KeyRef): Value | undefined {
  const found = required(objects.configMap(ref.name ?? ""), ref, "configmap");
  const text = found?.data?.[ref.key];
  if (text !== undefined) return textValue(text);
  if (ref.optional === true) return undefined;
  throw new InputProblem(`couldn't find key ${ref.key} in ConfigMap ${pod.metadata.namespace}/${ref.name ?? ""}`);
}

function secretKey({ pod, objects }: Scope, ref: KeyRef): Value | undefined {
  const found = required(objects.secret(ref.name ?? ""), ref, "secret");
  const text = found?.data?.[ref.key];
  if (text !== undefined) return bytesValue(fromBase64(text));
  if (ref.optional === true) return undefined;
  throw new InputProblem(`couldn't find key ${ref.key} in Secret ${pod.metadata.namespace}/${ref.name ?? ""}`);
}

function fileKey({ pod }: Scope, ref: NonNullable<NonNullable<SpecVar["valueFrom"]>["fileKeyRef"]>): Value {
  const { volumeName: volume, path, key, optional = false } = ref;
  if (!(pod.spec.volumes ?? []).some(({ name }) => name === volume)) {
    throw new InputProblem(`cannot find the volume "${volume}" referenced by FileKeyRef`);
  }
  return [{ kind: "fileKey", volume, path, key, optional }];
}

/** A variable that the provider may find not to be set. */
function isUncertain(value: Value): boolean {
  const [only] = value;
  return value.length === 1 && only?.kind === "fileKey" && only.optional && only.ifMissing === undefined;
}

/** Service variables come first, so that whatever else is set wins over them. */
function assemble(defined: readonly EnvVar[], services: ReadonlyMap<string, string>): readonly EnvVar[] {
  const set = new Set(defined.flatMap(({ name, value }) => (isUncertain(value) ? [] : [name])));
  const rest = [...services].filter(([name]) => !set.has(name));
  return [...rest.map(([name, text]) => ({ name, value: textValue(text) })), ...defined];
}

/** Reads variables, the last one of a name first; then services. */
function lookupIn(env: readonly EnvVar[], services?: ReadonlyMap<string, string>): Lookup {
  return (name) => {
    const found = env.findLast((variable) => variable.name === name);
    const service = services?.get(name);
    if (found === undefined) return service === undefined ? undefined : textValue(service);
    if (!isUncertain(found.value)) return found.value;
    const earlier = lookupIn(env.slice(0, env.lastIndexOf(found)), services)(name);
    return standIn(found.value, name, earlier);
  };
}

/** A reference to a variable that may not be set: what would be there without it stands in. */
function standIn(value: Value, name: string, earlier: Value | undefined): Value {
  const fallback = (earlier === undefined ? undefined : knownBytes(earlier)) ?? knownBytes(textValue(`$(${name})`));
  return value.map((part) =>
    part.kind === "fileKey" && fallback !== undefined ? { ...part, ifMissing: fallback } : part,
  );
}

function subPaths(container: Container, env: readonly EnvVar[]): EnvInputs["subPaths"] {
  const lookup = lookupIn(env);
  return (container.volumeMounts ?? []).flatMap(({ mountPath, subPath, subPathExpr }) => {
    if (subPath !== undefined && subPath !== "") return [{ mountPath, path: textValue(subPath) }];
    if (subPathExpr === undefined || subPathExpr === "") return [];
    const missing = referencedNames(subPathExpr).filter((name) => lookup(name) === undefined);
    if (missing.length > 0) throw new InputProblem(`missing value for ${missing.toSorted(compareText).join(", ")}`);
    return [{ mountPath, path: expand(subPathExpr, lookup) }];
  });
}
