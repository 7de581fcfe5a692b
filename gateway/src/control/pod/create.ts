/** Giving a pod to the provider: read where needed, resolve what it refers to, send, and note what came of it. */
import type { Pod } from "../../domain/kubernetes.js";
import { encodeManifest } from "../../domain/manifest.js";
import { priorContainers } from "../../domain/pod-history.js";
import type { PodInputs } from "../../domain/inputs.js";
import { type CreateOrder, ProviderError } from "../../ports/provider.js";
import { createSemaphore } from "../semaphore.js";
import { DONE, type Outcome } from "../work-queue.js";
import { CreateFailures } from "./create-failures.js";
import { deadlineOf } from "./deadline.js";
import type { PodDeps } from "./deps.js";
import { nextInputVersion } from "./input-version.js";
import { digestOf } from "./manifest-cache.js";
import { podEvent } from "./provider-event.js";
import type { PodRecord } from "./record.js";
import { resolveInputs } from "./resolve-inputs.js";

const HELD_RETRY: Outcome = { kind: "requeue", afterMs: 200 };
const MISSING_RETRY: Outcome = { kind: "requeue", afterMs: 2_000 };

/** The step. */
export class CreateStep {
  readonly #deps: PodDeps;
  readonly #failures: CreateFailures;
  readonly #slots = createSemaphore(() => this.#deps.view()?.info.limits.maxParallelCreates ?? 1);

  constructor(deps: PodDeps) {
    this.#deps = deps;
    this.#failures = new CreateFailures(deps);
  }

  /** "done" means: plan again. Rejects when the outcome is unknown or the API cannot be asked. */
  async run(record: PodRecord, withPrior: boolean, signal: AbortSignal): Promise<Outcome> {
    const view = this.#deps.view();
    if (view === undefined) throw new ProviderError("no session with the provider");
    if (view.creating === "held") return HELD_RETRY;
    const mustRead = record.mustRead || record.acknowledgedBefore || withPrior;
    if (mustRead && !(await this.#isStillWanted(record, signal))) return DONE;
    const { api } = record;
    if (api === undefined) return DONE;
    const resolved = await resolveInputs(this.#deps, record, api, signal);
    if (resolved.kind === "missing") return this.#missing(record, api, resolved.message);
    const order = this.#orderOf(record, api, resolved.inputs, withPrior);
    if (order.manifest.byteLength > view.info.limits.maxMessageBytes) {
      const message = "the pod is larger than the provider's largest message";
      return this.#failures.refuse(record, { reason: "PodTooLarge", message });
    }
    return await this.#send(record, api, order, signal);
  }

  /** A live read: the watch may lag, and what an earlier provider process knew of stopped pods is lost. */
  async #isStillWanted(record: PodRecord, signal: AbortSignal): Promise<boolean> {
    const { writer, table } = this.#deps;
    if (record.api === undefined) return false;
    const result = await writer.get(record.api, signal);
    record.mustRead = false;
    if (result.kind === "gone") table.setGone(record.uid);
    else table.setApi(result.pod);
    return result.kind === "ok" && result.pod.metadata.deletionTimestamp === undefined;
  }

  #missing(record: PodRecord, api: Pod, message: string): Outcome {
    this.#deps.logger.debug({ uid: record.uid, message }, "inputs missing, pod not created yet");
    this.#deps.events.record(podEvent(api, "Warning", "FailedMount", message));
    return MISSING_RETRY;
  }

  #orderOf(record: PodRecord, api: Pod, inputs: PodInputs, withPrior: boolean): CreateOrder {
    const deadline = deadlineOf(api, record, this.#deps);
    return {
      uid: record.uid,
      specRevision: BigInt(api.metadata.resourceVersion),
      specDigest: digestOf(api),
      manifest: encodeManifest(api),
      inputs,
      inputVersion: nextInputVersion(record),
      startTime: record.startTime ?? new Date(this.#deps.clock.now()).toISOString(),
      prior: withPrior ? priorContainers(api) : [],
      ...(deadline === undefined ? {} : { deadline }),
    };
  }

  async #send(record: PodRecord, api: Pod, order: CreateOrder, signal: AbortSignal): Promise<Outcome> {
    if (record.create === "none") record.create = "sent";
    try {
      await this.#slots.run(() => this.#deps.provider.createPod(order, signal));
    } catch (error) {
      if (error instanceof ProviderError) return await this.#failures.take(record, error, signal);
      throw error;
    }
    record.create = "answered";
    record.createAnsweredAt = this.#deps.clock.now();
    record.acknowledgedBefore = false;
    record.absence = "unknown";
    record.holdReason = undefined;
    record.inputVersion = order.inputVersion;
    record.sentApi = api;
    return DONE;
  }
}
