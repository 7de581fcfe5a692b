// What the containers of a pod printed, read through the API server, of the instance before too where there is one.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { asText, isList, isObject } from "./normalise.js";
import type { Kube } from "./kube.js";
import type { JsonObject } from "./recording.js";

const KEPT_CHARACTERS = 20_000;

export interface LogsOptions {
  readonly kube: Kube;
  /** Of the pod. */
  readonly path: string;
  readonly spec: JsonObject;
  readonly folder: string;
}

export async function saveLogs({ kube, path, spec, folder }: LogsOptions): Promise<void> {
  mkdirSync(folder, { recursive: true });
  for (const name of containersOf(spec)) {
    const read = async (query: string): Promise<{ readonly code: number; readonly text: string }> =>
      kube.call({ method: "GET", path: `${path}/log?container=${name}${query}` });
    const now = await read("");
    writeFileSync(join(folder, `${name}.txt`), `${now.code === 200 ? "" : `[HTTP ${now.code}] `}${cut(now.text)}`);
    const before = await read("&previous=true");
    if (before.code === 200) writeFileSync(join(folder, `${name}-previous.txt`), cut(before.text));
  }
}

function containersOf(spec: JsonObject): string[] {
  const lists = ["initContainers", "containers", "ephemeralContainers"].map((name) => spec[name]);
  const containers = lists.flatMap((list) => (isList(list) ? list.filter(isObject) : []));
  return containers.map((container) => asText(container["name"]));
}

function cut(text: string): string {
  return text.slice(0, KEPT_CHARACTERS);
}
