/** What pods refer to in standalone mode: the ConfigMaps and Secrets of the folder; no services, no tokens. */
import type { ConfigMap, Secret } from "../domain/kubernetes.js";
import type { InputSource } from "../ports/inputs.js";
import type { Manifests } from "./manifests.js";

/** The objects that the folder held when it was read last. */
export interface FolderInputs extends InputSource {
  take(manifests: Manifests): void;
}

/** Creates an empty source. */
export function createFolderInputs(): FolderInputs {
  let configMaps = new Map<string, ConfigMap>();
  let secrets = new Map<string, Secret>();
  return {
    take(manifests) {
      configMaps = new Map(manifests.configMaps.map((object) => [keyOf(object), object]));
      secrets = new Map(manifests.secrets.map((object) => [keyOf(object), object]));
    },
    configMap: async (namespace, name) => configMaps.get(`${namespace}/${name}`),
    secret: async (namespace, name) => secrets.get(`${namespace}/${name}`),
    runtimeHandler: async () => undefined,
    token: async () => undefined,
    services: async () => [],
  };
}

function keyOf({ metadata }: ConfigMap | Secret): string {
  return `${metadata?.namespace ?? "default"}/${metadata?.name ?? ""}`;
}
