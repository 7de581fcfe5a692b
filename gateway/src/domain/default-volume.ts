/** Defaults of a volume. */
import { defaultSource } from "./default-container.js";
import { defaultPullPolicy } from "./image-name.js";
import type { Volume } from "./kubernetes.js";
import { canonicalQuantity } from "./quantity.js";
import { asText, changed, changedEach, type Fields, withDefaults } from "./raw-fields.js";

/** 0644. */
const DEFAULT_MODE = 420;
const FILES = ["configMap", "secret", "downwardAPI", "projected"];

/** The volume with its defaults; without a source it is an empty directory. */
export function defaultVolume(fields: Fields): Volume {
  const volume = Object.keys(fields).length <= 1 ? { ...fields, emptyDir: {} } : fields;
  const withModes = FILES.reduce(
    (each, kind) => changed(each, kind, (source) => ({ defaultMode: DEFAULT_MODE, ...source })),
    volume,
  );
  const withItems = changed(withModes, "downwardAPI", (source) => changedEach(source, "items", defaultSource));
  const withSources = changed(withItems, "projected", (source) => changedEach(source, "sources", defaultProjected));
  const withPath = changed(withSources, "hostPath", (source) => ({ type: "", ...source }));
  const withEmpty = changed(withPath, "emptyDir", canonicalLimit);
  return changed(withEmpty, "image", (image) =>
    withDefaults(image, { pullPolicy: defaultPullPolicy(asText(image["reference"])) }),
  ) as unknown as Volume;
}

function defaultProjected(source: Fields): Fields {
  const withItems = changed(source, "downwardAPI", (downward) => changedEach(downward, "items", defaultSource));
  return changed(withItems, "serviceAccountToken", (token) => ({ expirationSeconds: 3600, ...token }));
}

function canonicalLimit(source: Fields): Fields {
  const limit = source["sizeLimit"];
  return limit === undefined ? source : { ...source, sizeLimit: canonicalQuantity(asText(limit)) };
}
