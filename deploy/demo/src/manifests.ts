// The demo's pods as they are written, so that its table can count what a status does not say yet.

import { readFileSync } from "node:fs";
import { parseAllDocuments } from "yaml";
import type { Pod } from "./pod.js";

export interface PodManifest {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: NonNullable<Pod["spec"]>;
}

/** Specs by pod name. */
export function readPodSpecs(files: readonly string[]): ReadonlyMap<string, NonNullable<Pod["spec"]>> {
  const documents = files.flatMap((file) => [...parseAllDocuments(readFileSync(file, "utf8"))]);
  const objects = documents.map((document) => document.toJS() as PodManifest);
  return new Map(objects.filter(({ kind }) => kind === "Pod").map(({ metadata, spec }) => [metadata.name, spec]));
}
