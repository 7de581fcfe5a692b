/** What pods refer to in standalone mode: the ConfigMaps and Secrets of the folder, followed as its files change; no services, no tokens. */
import { sameValue } from "../domain/json-diff.js";
import type { ConfigMap, Secret } from "../domain/kubernetes.js";
import type { FollowedObjects, InputSource } from "../ports/inputs.js";
import type { Manifests } from "./manifests.js";

/** The objects that the folder held when it was read last. */
export interface FolderInputs extends InputSource {
  /** Takes what the folder holds now; who follows an object that differs is told. */
  take(manifests: Manifests): void;
}

/** Creates an empty source. */
export function createFolderInputs(): FolderInputs {
  let configMaps: Objects<ConfigMap> = new Map();
  let secrets: Objects<Secret> = new Map();
  const followers = new Map<string, Follower>();
  return {
    take({ problems, ...manifests }) {
      const isWhole = problems.length === 0;
      const before = { configMaps, secrets };
      configMaps = merge(isWhole, configMaps, manifests.configMaps);
      secrets = merge(isWhole, secrets, manifests.secrets);
      for (const { namespace, objects, changed } of followers.values()) {
        const differs =
          anyDiffers(namespace, objects.configMaps, [before.configMaps, configMaps]) ||
          anyDiffers(namespace, objects.secrets, [before.secrets, secrets]);
        if (differs) changed();
      }
    },
    configMap: async (namespace, name) => configMaps.get(`${namespace}/${name}`),
    secret: async (namespace, name) => secrets.get(`${namespace}/${name}`),
    runtimeHandler: async () => undefined,
    token: async () => undefined,
    services: async () => [],
    follow: ({ metadata: { uid, namespace } }, objects, changed) => followers.set(uid, { namespace, objects, changed }),
    unfollow: (podUid) => followers.delete(podUid),
    forget: (podUid) => followers.delete(podUid),
  };
}

/** By namespace/name. */
type Objects<Kind> = ReadonlyMap<string, Kind>;

interface Follower {
  readonly namespace: string;
  readonly objects: FollowedObjects;
  readonly changed: () => void;
}

function anyDiffers<Kind>(
  namespace: string,
  names: readonly string[],
  [before, now]: readonly [Objects<Kind>, Objects<Kind>],
): boolean {
  return names.some((name) => !sameValue(before.get(`${namespace}/${name}`), now.get(`${namespace}/${name}`)));
}

/** While a file is bad, objects that are missing stay: the bad file may be theirs. */
function merge<Kind extends ConfigMap | Secret>(
  isWhole: boolean,
  known: Objects<Kind>,
  objects: readonly Kind[],
): Objects<Kind> {
  const found = objects.map((object) => [keyOf(object), object] as const);
  return new Map(isWhole ? found : [...known, ...found]);
}

function keyOf({ metadata }: ConfigMap | Secret): string {
  return `${metadata?.namespace ?? "default"}/${metadata?.name ?? ""}`;
}
