/** ConfigMaps and Secrets of a file: what is wrong with them, and the form that an API server would store. */
import type { ConfigMap, Secret } from "../domain/kubernetes.js";
import type { ManifestProblem } from "../domain/manifest-validation.js";
import { asFields, type Fields, isFields } from "../domain/raw-fields.js";

const NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const KEY = /^[-._a-zA-Z0-9]{1,253}$/;
const BASE64 = /^[A-Za-z0-9+/\s]*={0,2}\s*$/;

/** Empty: the object may be used. Values are never part of a message. */
export function validateInputObject(
  object: Fields,
  textFields: readonly string[],
  base64Fields: readonly string[],
): readonly ManifestProblem[] {
  const metadata = object["metadata"];
  if (!isFields(metadata)) return [{ path: ["metadata"], message: "is required" }];
  return [
    ...nameProblems(["metadata", "name"], metadata["name"]),
    ...(metadata["namespace"] === undefined ? [] : nameProblems(["metadata", "namespace"], metadata["namespace"])),
    ...textFields.flatMap((field) => dataProblems(object, field, textProblem)),
    ...base64Fields.flatMap((field) => dataProblems(object, field, base64Problem)),
  ];
}

function nameProblems(path: readonly string[], name: unknown): readonly ManifestProblem[] {
  if (name === undefined || name === null || name === "") return [{ path, message: "is required" }];
  const isGood = typeof name === "string" && name.length <= 253 && NAME.test(name);
  return isGood ? [] : [{ path, message: "must be lower-case letters, digits, '-' and '.', at most 253 characters" }];
}

function dataProblems(
  object: Fields,
  field: string,
  problemOf: (value: unknown) => string | undefined,
): readonly ManifestProblem[] {
  const data = object[field];
  if (data === undefined || data === null) return [];
  if (!isFields(data)) return [{ path: [field], message: "must be a map" }];
  return Object.entries(asFields(data)).flatMap(([key, value]) => {
    const message = KEY.test(key) ? problemOf(value) : "the key must be letters, digits, '-', '_' and '.'";
    return message === undefined ? [] : [{ path: [field, key], message }];
  });
}

function textProblem(value: unknown): string | undefined {
  return typeof value === "string" ? undefined : "must be a string; put it in quotes";
}

function base64Problem(value: unknown): string | undefined {
  if (typeof value !== "string") return "must be a string in base64";
  const isBase64 = BASE64.test(value) && value.replaceAll(/\s/g, "").length % 4 === 0;
  return isBase64 ? undefined : "is not base64; plain text belongs in stringData";
}

/** The object with the namespace that it is in. */
export function withNamespace<Kind extends ConfigMap | Secret>(object: Kind): Kind {
  return { ...object, metadata: { ...object.metadata, namespace: object.metadata?.namespace ?? "default" } };
}

/** stringData wins over data, as the API server writes it. */
export function encodeStringData(secret: Secret): Secret {
  const { stringData, ...rest } = secret;
  const encoded = Object.entries(stringData ?? {}).map(
    ([key, value]) => [key, Buffer.from(value).toString("base64")] as const,
  );
  return { ...rest, data: { ...secret.data, ...Object.fromEntries(encoded) } };
}
