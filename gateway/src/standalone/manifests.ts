/** What the files of a folder say: Pods, ConfigMaps and Secrets, several in a file. A bad one is named with file and line and harms no other. */
import { type Document, LineCounter, parseAllDocuments } from "yaml";
import { type DefaultedPod, defaultPod } from "../domain/defaulting.js";
import type { ConfigMap, Secret } from "../domain/kubernetes.js";
import { type ManifestProblem, validatePod } from "../domain/manifest-validation.js";
import { type Fields, isFields } from "../domain/raw-fields.js";
import type { FolderTexts } from "./folder-texts.js";
import { encodeStringData, validateInputObject, withNamespace } from "./input-manifests.js";

/** A Pod as written in a file, defaulted, without what only a server gives. */
export type PodManifest = DefaultedPod;

/** All that a folder holds. */
export interface Manifests {
  readonly pods: readonly PodManifest[];
  readonly configMaps: readonly ConfigMap[];
  readonly secrets: readonly Secret[];
  /** One line each: "pods/web.yaml:12: spec.containers: ...". */
  readonly problems: readonly string[];
}

/** Reads all files. Of two objects with one kind and name the first stays. */
export function parseManifests(texts: FolderTexts): Manifests {
  const found = new Found();
  for (const [file, content] of texts) {
    if ("problem" in content) found.problems.push(`${file}: ${content.problem}`);
    else readFile(file, content.text, found);
  }
  return found;
}

class Found implements Manifests {
  readonly pods: PodManifest[] = [];
  readonly configMaps: ConfigMap[] = [];
  readonly secrets: Secret[] = [];
  readonly problems: string[] = [];
  readonly #names = new Set<string>();

  /** True for a name that is new. */
  isNew(kind: string, { namespace = "default", name = "" }: { readonly namespace?: string; readonly name?: string }) {
    const key = `${kind} ${namespace}/${name}`;
    const isNew = !this.#names.has(key);
    this.#names.add(key);
    return isNew;
  }
}

/** One document of a file. */
interface Source {
  readonly file: string;
  readonly lines: LineCounter;
  readonly document: Document.Parsed;
  readonly found: Found;
}

function readFile(file: string, text: string, found: Found): void {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: lines, version: "1.1" });
  if ("empty" in documents) return;
  for (const document of documents) readDocument({ file, lines, document, found });
}

function readDocument(source: Source): void {
  const { file, lines, document, found } = source;
  const [error] = document.errors;
  if (error !== undefined) {
    found.problems.push(`${file}:${lines.linePos(error.pos[0]).line}: ${firstLine(error)}`);
    return;
  }
  try {
    readValue(source, document.toJS());
  } catch (error) {
    found.problems.push(`${placeOf(source, [])}: ${firstLine(error)}`);
  }
}

function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return (text.split("\n")[0] ?? "").replace(/:$/, "");
}

function readValue(source: Source, value: unknown): void {
  if (value === null || value === undefined) return;
  if (!isFields(value)) {
    tell(source, { path: [], message: "must be an object with apiVersion and kind" });
    return;
  }
  const reader = value["apiVersion"] === "v1" ? READERS.get(String(value["kind"])) : undefined;
  if (reader !== undefined) {
    reader(source, value);
    return;
  }
  const message = `${JSON.stringify(value["kind"])} of ${JSON.stringify(value["apiVersion"])} is not taken: only Pod, ConfigMap and Secret of v1 are`;
  tell(source, { path: ["kind"], message });
}

const READERS: ReadonlyMap<string, (source: Source, value: Fields) => void> = new Map([
  ["Pod", readPod],
  ["ConfigMap", readConfigMap],
  ["Secret", readSecret],
]);

function readPod(source: Source, value: Fields): void {
  if (!isSound(source, validatePod(value))) return;
  const pod = asStored(defaultPod(value));
  if (isFirst(source, "Pod", pod.metadata)) source.found.pods.push(pod);
}

function readConfigMap(source: Source, value: Fields): void {
  if (!isSound(source, validateInputObject(value, ["data"], ["binaryData"]))) return;
  const object = withNamespace(value as unknown as ConfigMap);
  if (isFirst(source, "ConfigMap", object.metadata ?? {})) source.found.configMaps.push(object);
}

function readSecret(source: Source, value: Fields): void {
  if (!isSound(source, validateInputObject(value, ["stringData"], ["data"]))) return;
  const object = encodeStringData(withNamespace(value as unknown as Secret));
  if (isFirst(source, "Secret", object.metadata ?? {})) source.found.secrets.push(object);
}

function isSound(source: Source, problems: readonly ManifestProblem[]): boolean {
  for (const problem of problems) tell(source, problem);
  return problems.length === 0;
}

function isFirst(source: Source, kind: string, name: { readonly namespace?: string; readonly name?: string }): boolean {
  if (source.found.isNew(kind, name)) return true;
  const message = `${kind} ${name.namespace ?? "default"}/${name.name ?? ""} is in the folder already`;
  tell(source, { path: ["metadata", "name"], message });
  return false;
}

/** As it comes back from the state file, so that both can be compared. */
function asStored(pod: PodManifest): PodManifest {
  return JSON.parse(JSON.stringify(pod)) as PodManifest;
}

function tell(source: Source, { path, message }: ManifestProblem): void {
  const field = path.length === 0 ? "" : ` ${fieldOf(path)}:`;
  source.found.problems.push(`${placeOf(source, path)}:${field} ${message}`);
}

/** spec.containers[0].name */
function fieldOf(path: ManifestProblem["path"]): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === "number") return `${text}[${part}]`;
    return text === "" ? part : `${text}.${part}`;
  }, "");
}

/** file:line of the nearest part of a path that the document has. */
function placeOf({ file, lines, document }: Source, path: ManifestProblem["path"]): string {
  for (let length = path.length; length > 0; length--) {
    const start = startOf(document.getIn(path.slice(0, length), true));
    if (start !== undefined) return `${file}:${lines.linePos(start).line}`;
  }
  return `${file}:${lines.linePos(startOf(document.contents) ?? document.range[0]).line}`;
}

function startOf(node: unknown): number | undefined {
  if (typeof node !== "object" || node === null || !("range" in node)) return undefined;
  return (node.range as readonly number[] | null)?.[0];
}
