/** Giving a pod to the provider: read where needed, resolve what it refers to, send, and note what came of it. */
import type { Pod } from "../../domain/kubernetes.js";
import { encodeManifest } from "../../domain/manifest.js";
import { priorContainers } from "../../domain/pod-history.js";
import type { PodInputs } from "../../domain/inputs.js";
import { type CreateOrder, ProviderError, type ProviderLimits } from "../../ports/provider.js";
import { DONE, type Outcome } from "../work-queue.js";
import { CreateFailures } from "./create-failures.js";
import { CreateSlots } from "./create-slots.js";
import { deadlineOf } from "./deadline.js";
import type { PodDeps } from "./deps.js";
import { nextInputVersion } from "./input-version.js";
import { digestOf } from "./manifest-cache.js";
import { tellMissing } from "./missing-inputs.js";
import { lastingWarning } from "./provider-event.js";
import { latestOf, noteSent, type PodRecord } from "./record.js";
import { noteInputs, type ReadyInputs, resolveInputs } from "./resolve-inputs.js";

const HELD_RETRY: Outcome = { kind: "requeue", afterMs: 200 };
/** Queued again before, when another create has ended. */
const NO_SLOT_RETRY: Outcome = { kind: "requeue", afterMs: 30_000 };

/** Creates under way at once, whatever the provider allows: stops must find a free worker. */
const MOST_CREATES = 128;

/** The step. */
export class CreateStep {
  readonly #deps: PodDeps;
  readonly #failures: CreateFailures;
  readonly #slots: CreateSlots;

  constructor(deps: PodDeps) {
    this.#deps = deps;
    this.#failures = new CreateFailures(deps);
    const most = () => Math.min(MOST_CREATES, deps.view()?.info.limits.maxParallelCreates ?? 1);
    this.#slots = new CreateSlots(most, deps.requeue);
  }

  /** "done" means: plan again. Rejects when the outcome is unknown or the API cannot be asked. */
  async run(record: PodRecord, withPrior: boolean, signal: AbortSignal): Promise<Outcome> {
    const view = this.#deps.view();
    if (view === undefined) throw new ProviderError("no session with the provider");
    if (view.creating === "held") return HELD_RETRY;
    const restMs = record.notBefore - this.#deps.clock.now();
    if (restMs > 0) return { kind: "requeue", afterMs: restMs };
    if (!this.#slots.enter(record.uid)) return NO_SLOT_RETRY;
    try {
      return await this.#run(record, withPrior, { limits: view.info.limits, signal });
    } finally {
      this.#slots.leave();
    }
  }

  async #run(
    record: PodRecord,
    withPrior: boolean,
    { limits, signal }: { readonly limits: ProviderLimits; readonly signal: AbortSignal },
  ): Promise<Outcome> {
    const isAsPlanned = notingPlan(record);
    const mustRead = record.mustRead || record.acknowledgedBefore || record.absence === "confirmed" || withPrior;
    if (mustRead && !(await this.#isUpToDate(record, signal))) return DONE;
    const { api } = record;
    if (api === undefined) return DONE;
    const resolved = await resolveInputs(this.#deps, record, api, signal);
    if (resolved.kind === "missing") return this.#pause(record, tellMissing(this.#deps, record, api, resolved));
    const order = this.#orderOf(record, api, resolved.inputs);
    if (order.manifest.byteLength > limits.maxMessageBytes) {
      const message = "the pod is larger than the provider's largest message";
      return this.#failures.refuse(record, { reason: "PodTooLarge", message });
    }
    if (!isAsPlanned()) return DONE;
    if (record.create === "none") this.#warn(api, resolved.warnings);
    const outcome = await this.#send(record, api, order, signal);
    if (record.create === "answered") noteInputs(record, resolved);
    return outcome;
  }

  /**
   * A live read: the watch may lag, and what an earlier provider process knew of stopped pods is lost. False: the object is
   * another one than the plan was made for.
   */
  async #isUpToDate(record: PodRecord, signal: AbortSignal): Promise<boolean> {
    const { writer, table } = this.#deps;
    const { api } = record;
    if (api === undefined) return false;
    const result = await writer.get(api, signal);
    record.mustRead = false;
    if (result.kind === "gone") table.setGone(record.uid);
    else table.setApi(result.pod);
    return record.api === api;
  }

  #warn(api: Pod, warnings: ReadyInputs["warnings"]): void {
    for (const { reason, message } of warnings) this.#deps.events.record(lastingWarning(api, reason, message));
  }

  #pause(record: PodRecord, afterMs: number): Outcome {
    record.notBefore = this.#deps.clock.now() + afterMs;
    return { kind: "requeue", afterMs };
  }

  #orderOf(record: PodRecord, api: Pod, inputs: PodInputs): CreateOrder {
    const deadline = deadlineOf(api, record, this.#deps);
    return {
      uid: record.uid,
      specRevision: BigInt(api.metadata.resourceVersion),
      specDigest: digestOf(api),
      manifest: encodeManifest(api),
      inputs,
      inputVersion: nextInputVersion(record),
      startTime: record.startTime ?? new Date(this.#deps.clock.now()).toISOString(),
      prior: priorContainers(api, latestOf(record)), // a pod that the provider still has keeps its own
      ...(deadline === undefined ? {} : { deadline }),
    };
  }

  async #send(record: PodRecord, api: Pod, order: CreateOrder, signal: AbortSignal): Promise<Outcome> {
    if (record.create === "none") record.create = "sent";
    try {
      await this.#deps.provider.createPod(order, signal);
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      if (error.reason === undefined && record.absence === "confirmed") record.absence = "suspected"; // it may have been made
      return await this.#failures.take(record, error, signal);
    }
    record.absence = "unknown";
    record.create = "answered";
    record.inputsGivenTo = latestOf(record);
    record.createAnsweredAt = this.#deps.clock.now();
    record.acknowledgedBefore = false;
    record.holdReason = undefined;
    record.noRoomSince = undefined;
    record.inputVersion = order.inputVersion;
    noteSent(record, api);
    return DONE;
  }
}

/** Whether what the plan was made from still holds: while inputs are read, a snapshot may lack the pod, or it is deleted. */
function notingPlan(record: PodRecord): () => boolean {
  const { absence, observation } = record;
  const isDeleted = ({ api }: PodRecord): boolean => api?.metadata.deletionTimestamp !== undefined;
  const wasDeleted = isDeleted(record);
  return () =>
    record.absence === absence &&
    (observation === undefined || record.observation !== undefined) &&
    (wasDeleted || !isDeleted(record));
}
