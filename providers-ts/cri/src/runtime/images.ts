/** Images: whether they are there, pulls with credentials, and whom an image runs as. */
import type { RegistryCredential } from "@outboard/contract";
import { RuntimeError, type Clock, type PulledImage } from "@outboard/provider-sdk";
import { DEADLINES, type CriClient } from "../client/cri-client.js";
import { pullTextOf } from "../client/errors.js";
import type { AuthConfig, Image, ImageSpec } from "../gen/runtime/v1/api.js";
import type { ImageUser } from "../map/security.js";
import { fullName, nameProblem } from "../map/image-name.js";

export type PullPolicy = "Always" | "IfNotPresent" | "Never";

/** How long an answer serves the steps that follow in a start: milliseconds. */
const FRESH_MS = 1000;

export class Images {
  readonly #client: CriClient;
  readonly #clock: Clock;
  /** What was seen a moment ago, by the name that was asked for. */
  readonly #seen = new Map<string, { readonly image: Image; readonly at: number }>();

  constructor(client: CriClient, clock: Clock) {
    this.#client = client;
    this.#clock = clock;
  }

  /** Undefined: it is not there. */
  async find(name: string, signal: AbortSignal): Promise<Image | undefined> {
    const options = { signal, deadlineMs: DEADLINES.quick };
    const { image } = await this.#client.images.imageStatus({ image: toSpec(name) }, options);
    this.#note(name, image);
    return image;
  }

  /** As find, by the answer of a moment ago if it was there. */
  async recall(name: string, signal: AbortSignal): Promise<Image | undefined> {
    const seen = this.#seen.get(name);
    if (seen !== undefined && this.#isFresh(seen)) return seen.image;
    return await this.find(name, signal);
  }

  #note(name: string, image: Image | undefined): void {
    for (const [other, seen] of this.#seen) if (!this.#isFresh(seen)) this.#seen.delete(other);
    if (image === undefined) this.#seen.delete(name);
    else this.#seen.set(name, { image, at: this.#clock.now() });
  }

  #isFresh({ at }: { readonly at: number }): boolean {
    return this.#clock.now() - at < FRESH_MS;
  }

  async ensure(
    name: string,
    policy: PullPolicy,
    credentials: readonly RegistryCredential[],
    signal: AbortSignal,
  ): Promise<PulledImage> {
    const problem = nameProblem(name);
    if (problem !== undefined) {
      const why = `couldn't parse image name "${name}": ${problem}`;
      throw new RuntimeError("InvalidImageName", `Failed to apply default image tag "${name}": ${why}`);
    }
    const known = policy === "Always" ? undefined : await this.#ask(name, signal);
    if (known !== undefined) return toPulled(known, false);
    if (policy === "Never") {
      throw new RuntimeError("ErrImageNeverPull", `Container image "${name}" is not present with pull policy of Never`);
    }
    const ref = await this.#pull(name, credentials, signal);
    this.#note(name, undefined);
    const image = (await this.#ask(ref, signal)) ?? (await this.#ask(name, signal));
    this.#note(name, image);
    return image === undefined ? { imageId: ref, pulled: true, sizeBytes: 0 } : toPulled(image, true);
  }

  async #ask(name: string, signal: AbortSignal): Promise<Image | undefined> {
    try {
      return await this.recall(name, signal);
    } catch (error) {
      signal.throwIfAborted();
      throw new RuntimeError("ImageInspectError", `Failed to inspect image "${name}": ${pullTextOf(error)}`, {
        cause: error,
      });
    }
  }

  /** With one set of credentials after the other; without any, as nobody. */
  async #pull(name: string, credentials: readonly RegistryCredential[], signal: AbortSignal): Promise<string> {
    const failures: unknown[] = [];
    for (const auth of credentials.length === 0 ? [undefined] : credentials.map(toAuth)) {
      try {
        const request = { image: toSpec(name), auth };
        const options = { signal, deadlineMs: DEADLINES.pull };
        return (await this.#client.images.pullImage(request, options)).imageRef;
      } catch (error) {
        signal.throwIfAborted();
        failures.push(error);
      }
    }
    throw pullError(failures);
  }

  /** Whom a container of an image runs as when nobody says. */
  static userOf(image: Image): ImageUser {
    if (image.uid !== undefined) return { uid: image.uid.value, username: "" };
    return image.username === "" ? { uid: 0n, username: "" } : { username: image.username };
  }
}

function pullError(failures: readonly unknown[]): RuntimeError {
  const texts = [...new Set(failures.map(pullTextOf))];
  const message = texts.length === 1 ? (texts[0] ?? "") : `[${texts.join(", ")}]`;
  for (const reason of ["RegistryUnavailable", "SignatureValidationFailed"]) {
    if (message.includes(reason)) return new RuntimeError(reason, message, { cause: failures[0] });
  }
  return new RuntimeError("ErrImagePull", message, { cause: failures[0] });
}

/** Without the server's address, as the kubelet: the gateway chose what fits, and a mirror takes it too. */
function toAuth({ username, password, identityToken, registryToken }: RegistryCredential): AuthConfig {
  return { username, password, auth: "", serverAddress: "", identityToken, registryToken };
}

function toSpec(name: string): ImageSpec {
  return { image: fullName(name), annotations: new Map(), userSpecifiedImage: name, runtimeHandler: "" };
}

function toPulled(image: Image, pulled: boolean): PulledImage {
  return { imageId: image.repoDigests[0] ?? image.id, pulled, sizeBytes: Number(image.size) };
}
