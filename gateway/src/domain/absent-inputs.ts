/** Config maps and secrets of the environment that are not there, in virtual-kubelet's words: it has an event for each. */
import type { InputObjects } from "./input-objects.js";
import type { Container, Pod } from "./kubernetes.js";

/** Reason and text of an event. */
export interface AbsentInput {
  readonly reason: string;
  readonly message: string;
}

/** One for each reference, of all containers. */
export function absentFromEnv({ spec }: Pick<Pod, "spec">, objects: InputObjects): readonly AbsentInput[] {
  const containers: readonly Container[] = [...(spec.initContainers ?? []), ...spec.containers];
  return containers.flatMap((container) => [
    ...(container.envFrom ?? []).flatMap(({ configMapRef, secretRef }) => [
      ...absent("ConfigMap", configMapRef, objects),
      ...absent("Secret", secretRef, objects),
    ]),
    ...(container.env ?? []).flatMap(({ name, valueFrom }) => [
      ...absent("ConfigMap", valueFrom?.configMapKeyRef, objects, name),
      ...absent("Secret", valueFrom?.secretKeyRef, objects, name),
    ]),
  ]);
}

interface Reference {
  readonly name?: string;
  readonly key?: string;
  readonly optional?: boolean;
}

function absent(
  kind: "ConfigMap" | "Secret",
  reference: Reference | undefined,
  objects: InputObjects,
  variable?: string,
): readonly AbsentInput[] {
  if (reference === undefined) return [];
  const { name = "", key, optional = false } = reference;
  const found = kind === "Secret" ? objects.secret(name) : objects.configMap(name);
  if (found !== undefined && (key === undefined || found.data?.[key] !== undefined)) return [];
  const object = `${kind.toLowerCase()} "${name}"`;
  const what = found === undefined ? `${object} not found` : `key "${key}" does not exist in ${object}`;
  const skipped = optional && variable !== undefined ? `skipping optional envvar "${variable}": ` : "";
  const reason = `${optional ? "Optional" : "Mandatory"}${kind}${found === undefined ? "" : "Key"}NotFound`;
  return [{ reason, message: skipped + what }];
}
