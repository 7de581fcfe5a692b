// The documents of a case's pod.yaml, for the node at hand: its pod, and what the pod needs before it.

import { parseAllDocuments, type ScalarTag, type Tags } from "yaml";
import { asText } from "./normalise.js";
import type { JsonObject } from "./recording.js";

export interface Manifest {
  /** Where it is created. */
  readonly path: string;
  readonly name: string;
  readonly body: JsonObject;
  /** It outlives the namespace, and is deleted after the case. */
  readonly isOfCluster: boolean;
}

export interface Manifests {
  readonly pod: Manifest;
  readonly others: readonly Manifest[];
}

/** The name that pinned pods were recorded with. */
export const RECORDED_NODE = "real-1";

const RESOURCES: Readonly<Record<string, string>> = {
  Pod: "pods",
  ConfigMap: "configmaps",
  Secret: "secrets",
  Service: "services",
  PersistentVolumeClaim: "persistentvolumeclaims",
};
const OCTAL: ScalarTag = {
  tag: "tag:yaml.org,2002:int",
  default: true,
  test: /^0[0-7]+$/,
  resolve: (text) => Number.parseInt(text, 8),
};
const RUNTIME_CLASSES = "/apis/node.k8s.io/v1/runtimeclasses";

/** As the API's own tools read YAML: 0400 is octal, as in YAML 1.1, but y is no boolean. */
export function readManifests(text: string, namespace: string, nodeName: string): Manifests {
  const customTags = (tags: Tags): Tags => [OCTAL, ...tags];
  const documents = parseAllDocuments(text.replaceAll(RECORDED_NODE, nodeName), { customTags });
  const objects = [...documents].map((document) => document.toJS() as JsonObject | null);
  const all = objects.filter((object) => object !== null).map((object) => toManifest(object, namespace));
  const pod = all.find(({ body }) => body["kind"] === "Pod");
  if (pod === undefined) throw new Error(`pod.yaml of ${namespace} has no Pod`);
  return { pod, others: all.filter((manifest) => manifest !== pod) };
}

function toManifest(body: JsonObject, namespace: string): Manifest {
  const kind = asText(body["kind"]);
  const { name } = body["metadata"] as { readonly name: string };
  if (kind === "RuntimeClass") return { path: RUNTIME_CLASSES, name, body, isOfCluster: true };
  const resource = RESOURCES[kind];
  if (resource === undefined) throw new Error(`pod.yaml of ${namespace}: kind ${kind} is not known`);
  return { path: `/api/v1/namespaces/${namespace}/${resource}`, name, body, isOfCluster: false };
}
