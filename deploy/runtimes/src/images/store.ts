// A folder of image content by digest, with an index of names: what the registry serves.

import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** The `config` of an image, in the words of the image specification. */
export interface ImageConfig {
  readonly Env?: readonly string[];
  readonly Entrypoint?: readonly string[];
  readonly Cmd?: readonly string[];
  readonly User?: string;
  readonly WorkingDir?: string;
  readonly StopSignal?: string;
  readonly ExposedPorts?: Readonly<Record<string, object>>;
}

export interface StoreWriter {
  /** Answers its digest. */
  layer(bytes: Buffer): LayerRef;
  image(names: readonly string[], layers: readonly LayerRef[], config: ImageConfig): void;
  /** Writes the index: the store is complete. */
  finish(): void;
}

export interface LayerRef {
  readonly digest: string;
  readonly size: number;
}

export const MANIFEST_TYPE = "application/vnd.docker.distribution.manifest.v2+json";
const CREATED = "1970-01-01T00:00:00Z";
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: "amd64" };

export function createStore(folder: string): StoreWriter {
  mkdirSync(join(folder, "blobs"), { recursive: true });
  const index: Record<string, string> = {};
  const put = (bytes: Buffer): LayerRef => {
    const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
    writeFileSync(blobFile(folder, digest), bytes);
    return { digest, size: bytes.length };
  };
  return {
    layer: put,
    image: (names, layers, config) => {
      const described = put(Buffer.from(JSON.stringify(describe(layers, config))));
      const manifest = put(Buffer.from(JSON.stringify(manifestOf(described, layers))));
      for (const name of names) index[name] = manifest.digest;
    },
    finish: () => writeFileSync(join(folder, "index.json"), JSON.stringify(index, undefined, 1)),
  };
}

/** Names with tags, and the digests of their manifests. */
export function readIndex(folder: string): ReadonlyMap<string, string> {
  const index = JSON.parse(readFileSync(join(folder, "index.json"), "utf8")) as Readonly<Record<string, string>>;
  return new Map(Object.entries(index));
}

export function blobFile(folder: string, digest: string): string {
  return join(folder, "blobs", digest.replace(/^sha256:/, ""));
}

function describe(layers: readonly LayerRef[], config: ImageConfig): object {
  return {
    architecture: ARCHITECTURES[process.arch] ?? process.arch,
    os: "linux",
    created: CREATED,
    config,
    rootfs: { type: "layers", diff_ids: layers.map(({ digest }) => digest) },
    history: layers.map(() => ({ created: CREATED })),
  };
}

function manifestOf(config: LayerRef, layers: readonly LayerRef[]): object {
  return {
    schemaVersion: 2,
    mediaType: MANIFEST_TYPE,
    config: { mediaType: "application/vnd.docker.container.image.v1+json", ...config },
    layers: layers.map((layer) => ({ mediaType: "application/vnd.docker.image.rootfs.diff.tar", ...layer })),
  };
}
