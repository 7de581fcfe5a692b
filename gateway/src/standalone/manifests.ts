/** Reads a folder of manifests: Pods, ConfigMaps and Secrets, several in a file. A bad one is named with file and line and harms no other. */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { type Document, isMap, LineCounter, parseAllDocuments } from "yaml";
import type { ConfigMap, Secret } from "../domain/kubernetes.js";
import { defaultPod } from "../domain/defaulting.js";
import { type ManifestProblem, validatePod } from "../domain/manifest-validation.js";

/** A Pod as written in a file, defaulted, without what only a server gives. */
export type PodManifest = ReturnType<typeof defaultPod>;

/** All that a folder holds. */
export interface Manifests {
  readonly pods: readonly PodManifest[];
  readonly configMaps: readonly ConfigMap[];
  readonly secrets: readonly Secret[];
  /** One line each: "pods/web.yaml:12: spec.containers: ...". */
  readonly problems: readonly string[];
}

/** Reads the folder, not its sub-folders; files *.yaml, *.yml, *.json. @throws Error when the folder cannot be read */
export function readManifests(folder: string): Manifests {
  const found: Found = { pods: [], configMaps: [], secrets: [], problems: [] };
  for (const name of readdirSync(folder).toSorted()) {
    if (/\.(ya?ml|json)$/.test(name)) readManifestFile(path.join(folder, name), found);
  }
  return { ...found, pods: dropDuplicates(found) };
}

interface Found {
  readonly pods: { readonly manifest: PodManifest; readonly place: string }[];
  readonly configMaps: ConfigMap[];
  readonly secrets: Secret[];
  readonly problems: string[];
}

function readManifestFile(file: string, found: Found): void {
  const lines = new LineCounter();
  const documents = parseAllDocuments(readFileSync(file, "utf8"), { lineCounter: lines });
  if ("empty" in documents) return;
  for (const document of documents) {
    const [error] = document.errors;
    if (error === undefined) readDocument({ file, lines, document, found });
    else found.problems.push(`${file}:${lines.linePos(error.pos[0]).line}: ${error.message.split("\n")[0]}`);
  }
}

interface Source {
  readonly file: string;
  readonly lines: LineCounter;
  readonly document: Document.Parsed;
  readonly found: Found;
}

function readDocument(source: Source): void {
  const { document, found } = source;
  const value: unknown = document.toJS();
  if (value === null || value === undefined) return;
  const { kind, apiVersion } = value as { kind?: unknown; apiVersion?: unknown };
  if (apiVersion === "v1" && kind === "Pod") return readPod(source, value);
  if (apiVersion === "v1" && kind === "ConfigMap") return void found.configMaps.push(withNamespace(value as ConfigMap));
  if (apiVersion === "v1" && kind === "Secret")
    return void found.secrets.push(encodeStringData(withNamespace(value as Secret)));
  found.problems.push(
    `${placeOf(source, ["kind"])}: kind ${String(kind)} (${String(apiVersion)}): only v1 Pod, ConfigMap and Secret are taken`,
  );
}

function readPod(source: Source, value: unknown): void {
  const problems = validatePod(value);
  for (const { path: at, message } of problems)
    source.found.problems.push(`${placeOf(source, at)}: ${at.join(".")}: ${message}`);
  if (problems.length === 0) source.found.pods.push({ manifest: defaultPod(value), place: placeOf(source, ["kind"]) });
}

/** file:line of the nearest part of a path that the document has. */
function placeOf({ file, lines, document }: Source, at: ManifestProblem["path"]): string {
  for (let length = at.length; length > 0; length--) {
    const node: unknown = document.getIn(at.slice(0, length), true);
    const range = typeof node === "object" && node !== null && "range" in node ? (node.range as number[] | null) : null;
    if (range?.[0] !== undefined) return `${file}:${lines.linePos(range[0]).line}`;
  }
  const start = isMap(document.contents) ? document.contents.range?.[0] : undefined;
  return `${file}:${lines.linePos(start ?? 0).line}`;
}

function withNamespace<Kind extends ConfigMap | Secret>(value: Kind): Kind {
  return { ...value, metadata: { ...value.metadata, namespace: value.metadata?.namespace ?? "default" } };
}

/** stringData wins over data, as the API server writes it. */
function encodeStringData(secret: Secret): Secret {
  const { stringData, ...rest } = secret;
  const encoded = Object.entries(stringData ?? {}).map(
    ([key, value]) => [key, Buffer.from(String(value)).toString("base64")] as const,
  );
  return { ...rest, data: { ...secret.data, ...Object.fromEntries(encoded) } };
}

/** The first of two pods with one name stays. */
function dropDuplicates({ pods, problems }: Found): readonly PodManifest[] {
  const byName = new Map<string, PodManifest>();
  for (const { manifest, place } of pods) {
    const key = `${manifest.metadata.namespace}/${manifest.metadata.name}`;
    if (byName.has(key)) problems.push(`${place}: pod ${key} is in the folder already`);
    else byName.set(key, manifest);
  }
  return [...byName.values()];
}
