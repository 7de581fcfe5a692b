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
  let configMaps: ReadonlyMap<string, ConfigMap> = new Map();
  let secrets: ReadonlyMap<string, Secret> = new Map();
  return {
    take({ problems, ...manifests }) {
      const isWhole = problems.length === 0;
      configMaps = merge(isWhole, configMaps, manifests.configMaps);
      secrets = merge(isWhole, secrets, manifests.secrets);
    },
    configMap: async (namespace, name) => configMaps.get(`${namespace}/${name}`),
    secret: async (namespace, name) => secrets.get(`${namespace}/${name}`),
    runtimeHandler: async () => undefined,
    token: async () => undefined,
    services: async () => [],
  };
}

/** While a file is bad, objects that are missing stay: the bad file may be theirs. */
function merge<Kind extends ConfigMap | Secret>(
  isWhole: boolean,
  known: ReadonlyMap<string, Kind>,
  objects: readonly Kind[],
): ReadonlyMap<string, Kind> {
  const found = objects.map((object) => [keyOf(object), object] as const);
  return new Map(isWhole ? found : [...known, ...found]);
}

function keyOf({ metadata }: ConfigMap | Secret): string {
  return `${metadata?.namespace ?? "default"}/${metadata?.name ?? ""}`;
}
