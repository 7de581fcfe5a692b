/** Images of containers: there or pulled, by policy, with the kubelet's reasons. */
import type { RegistryCredential } from "@outboard/contract";
import { RuntimeError, type PulledImage } from "@outboard/provider-sdk";
import type { Connection } from "../api/connection.js";
import { EngineAway, EngineError, orMissing } from "../api/errors.js";
import { jsonLines } from "../api/json-lines.js";
import type { ImageInspect } from "../api/objects.js";
import { parseReference, type ImageReference } from "./reference.js";
import { registryAuth } from "./registry-auth.js";

export type PullPolicy = "Always" | "IfNotPresent" | "Never";

export class Images {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Undefined: not there. */
  async find(image: string): Promise<ImageInspect | undefined> {
    return await this.#inspect(referenceOf(image).name);
  }

  async ensure(
    image: string,
    policy: PullPolicy,
    credentials: readonly RegistryCredential[],
    signal: AbortSignal,
  ): Promise<PulledImage> {
    const reference = referenceOf(image);
    const found = policy === "Always" ? undefined : await this.#inspect(reference.name);
    if (found !== undefined) return toPulled(found, reference, false);
    if (policy === "Never") {
      throw new RuntimeError(
        "ErrImageNeverPull",
        `Container image "${image}" is not present with pull policy of Never`,
      );
    }
    await this.#pullWithAny(reference, credentials, signal);
    const pulled = await this.#inspect(reference.name);
    if (pulled === undefined) throw new RuntimeError("ErrImagePull", `image "${image}" was pulled and is not there`);
    return toPulled(pulled, reference, true);
  }

  async #inspect(name: string): Promise<ImageInspect | undefined> {
    return await orMissing(this.#connection.json<ImageInspect>({ method: "GET", path: `/images/${name}/json` }));
  }

  /** One after the other, as the kubelet: the first that works counts. Without any: as anybody. */
  async #pullWithAny(
    reference: ImageReference,
    credentials: readonly RegistryCredential[],
    signal: AbortSignal,
  ): Promise<void> {
    const tries = credentials.length === 0 ? [undefined] : credentials;
    const failures: string[] = [];
    for (const credential of tries) {
      try {
        return await this.#pull(reference, credential, signal);
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof EngineError)) throw unreachable(error);
        failures.push(error.message);
      }
    }
    throw new RuntimeError("ErrImagePull", [...new Set(failures)].join("; "));
  }

  async #pull(
    { repository, version }: ImageReference,
    credential: RegistryCredential | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    const query = new URLSearchParams({ fromImage: repository, tag: version });
    const stream = await this.#connection.stream({
      method: "POST",
      path: `/images/create?${query.toString()}`,
      headers: credential === undefined ? {} : { "X-Registry-Auth": registryAuth(credential) },
      signal,
    });
    for await (const { error } of jsonLines<{ readonly error?: string }>(stream)) {
      if (error !== undefined) throw new EngineError(500, error);
    }
  }
}

/** The id that statuses show: by digest where the image came from a registry. */
export function imageIdOf(image: ImageInspect, repository: string): string {
  const familiar = repository.replace(/^docker\.io\/(library\/)?/, "");
  const digests = image.RepoDigests ?? [];
  return digests.find((digest) => [repository, familiar].some((name) => digest.startsWith(`${name}@`))) ?? image.Id;
}

/** @throws RuntimeError InvalidImageName */
export function referenceOf(image: string): ImageReference {
  const reference = parseReference(image);
  if (reference === undefined) {
    const text = `couldn't parse image name "${image}": invalid reference format`;
    throw new RuntimeError("InvalidImageName", `Failed to apply default image tag "${image}": ${text}`);
  }
  return reference;
}

function toPulled(image: ImageInspect, { repository }: ImageReference, pulled: boolean): PulledImage {
  return { imageId: imageIdOf(image, repository), pulled, sizeBytes: image.Size ?? 0 };
}

function unreachable(cause: unknown): RuntimeError {
  const text = cause instanceof EngineAway ? cause.message : "the pull broke off";
  return new RuntimeError("ErrImagePull", text, { cause });
}
