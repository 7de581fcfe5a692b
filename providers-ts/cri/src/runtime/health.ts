/** Asks the runtime now and then how it is; the latest answer is in memory. */
import { sleep, type Clock } from "@outboard/provider-sdk";
import type { CriClient } from "../client/cri-client.js";
import { messageOf } from "../client/errors.js";
import type { Image, RuntimeCondition } from "../gen/runtime/v1/api.js";

const PERIOD_MS = 5000;
/** While it does not answer. */
const TROUBLED_MS = 1000;
const IMAGES_MS = 60_000;

export interface Health {
  /** Undefined: it answers. */
  readonly trouble?: string;
  readonly conditions: readonly RuntimeCondition[];
  readonly version: string;
  readonly images: readonly Image[];
}

export class HealthWatch {
  readonly #client: CriClient;
  readonly #clock: Clock;
  #health: Health;
  #imagesAt = Number.NEGATIVE_INFINITY;

  constructor(client: CriClient, clock: Clock, version: string) {
    this.#client = client;
    this.#clock = clock;
    this.#health = { conditions: [], version, images: [] };
  }

  get now(): Health {
    return this.#health;
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.look(signal);
      const period = this.#health.trouble === undefined ? PERIOD_MS : TROUBLED_MS;
      await sleep(this.#clock, period, signal).catch(() => {});
    }
  }

  async look(signal: AbortSignal): Promise<void> {
    const options = { signal, deadlineMs: PERIOD_MS };
    try {
      const { status } = await this.#client.runtime.status({ verbose: false }, options);
      const { runtimeVersion } = await this.#client.runtime.version({ version: "" }, options);
      const images = await this.#images(signal);
      this.#health = { conditions: status?.conditions ?? [], version: runtimeVersion, images };
    } catch (error) {
      if (!signal.aborted) this.#health = { ...this.#health, trouble: messageOf(error) };
    }
  }

  async #images(signal: AbortSignal): Promise<readonly Image[]> {
    if (this.#clock.now() - this.#imagesAt < IMAGES_MS) return this.#health.images;
    const { images } = await this.#client.images.listImages({}, { signal });
    this.#imagesAt = this.#clock.now();
    return images;
  }
}
