/** Giving a pod to the provider: read where needed, resolve what it refers to, send, and note what came of it. */
import type { Pod } from "../../domain/kubernetes.js";
import { encodeManifest } from "../../domain/manifest.js";
import { priorContainers } from "../../domain/pod-history.js";
import { type CreateOrder, ProviderError } from "../../ports/provider.js";
import { createSemaphore } from "../semaphore.js";
import { DONE, type Outcome } from "../work-queue.js";
import type { PodDeps } from "./deps.js";
import { deadlineOf } from "./deadline.js";
import { digestOf } from "./manifest-cache.js";
import { podEvent } from "./provider-event.js";
import type { PodRecord } from "./record.js";
import { type Resolved, resolveInputs } from "./resolve-inputs.js";

const HELD_RETRY: Outcome = { kind: "requeue", afterMs: 200 };
const MISSING_RETRY: Outcome = { kind: "requeue", afterMs: 2_000 };
const CAPACITY_RETRY_MS = 5_000;
const CREDENTIALS_RETRY: Outcome = { kind: "requeue", afterMs: 60_000 };

/** Gives a pod to the provider. */
export type CreateStep = (record: PodRecord, withPrior: boolean, signal: AbortSignal) => Promise<Outcome>;

/** Creates the step. */
export function createCreateStep(deps: PodDeps): CreateStep {
  const { provider, writer, table, events, clock, options } = deps;
  const slots = createSemaphore(() => deps.view()?.info.limits.maxParallelCreates ?? 1);

  return async (record, withPrior, signal) => {
    const view = deps.view();
    if (view === undefined) throw new ProviderError("no session with the provider");
    if (view.creating === "held") return HELD_RETRY;
    if (record.mustRead || record.acknowledgedBefore || withPrior) {
      if (!(await isStillWanted(record, signal))) return DONE;
    }
    const { api } = record;
    if (api === undefined) return DONE;
    const resolved = await resolveInputs(deps, record, api, signal);
    if (resolved.kind === "missing") return missing(record, api, resolved.message);
    return await send(record, api, orderOf(record, api, resolved, withPrior), signal);
  };

  /** A live read: the watch may lag, and what an earlier provider process knew of stopped pods is lost. */
  async function isStillWanted(record: PodRecord, signal: AbortSignal): Promise<boolean> {
    if (record.api === undefined) return false;
    const result = await writer.get(record.api, signal);
    record.mustRead = false;
    if (result.kind === "gone") table.setGone(record.uid);
    else table.setApi(result.pod);
    return result.kind === "ok" && result.pod.metadata.deletionTimestamp === undefined;
  }

  function missing(record: PodRecord, api: Pod, message: string): Outcome {
    deps.logger.debug({ uid: record.uid, message }, "inputs missing, pod not created yet");
    events.record(podEvent(api, "Warning", "FailedMount", message));
    return MISSING_RETRY;
  }

  function orderOf(
    record: PodRecord,
    api: Pod,
    { inputs }: Extract<Resolved, { kind: "ready" }>,
    withPrior: boolean,
  ): CreateOrder {
    const observed = record.observation?.inputVersion ?? 0n;
    const deadline = deadlineOf(api, record, deps);
    return {
      uid: record.uid,
      specRevision: BigInt(api.metadata.resourceVersion),
      specDigest: digestOf(api),
      manifest: encodeManifest(api),
      inputs,
      inputVersion: (observed > record.inputVersion ? observed : record.inputVersion) + 1n,
      startTime: record.startTime ?? new Date(clock.now()).toISOString(),
      prior: withPrior ? priorContainers(api) : [],
      ...(deadline === undefined ? {} : { deadline }),
    };
  }

  async function send(record: PodRecord, api: Pod, order: CreateOrder, signal: AbortSignal): Promise<Outcome> {
    if (order.manifest.byteLength > (deps.view()?.info.limits.maxMessageBytes ?? 0)) {
      return refuse(record, {
        reason: "PodTooLarge",
        message: "the pod is larger than the provider's largest message",
      });
    }
    if (record.create === "none") record.create = "sent";
    try {
      await slots.run(() => provider.createPod(order, signal));
    } catch (error) {
      if (error instanceof ProviderError) return await failed(record, error);
      throw error;
    }
    record.create = "answered";
    record.createAnsweredAt = clock.now();
    record.acknowledgedBefore = false;
    record.absence = "unknown";
    record.holdReason = undefined;
    record.inputVersion = order.inputVersion;
    record.sentApi = api;
    return DONE;
  }

  async function failed(record: PodRecord, error: ProviderError): Promise<Outcome> {
    switch (error.reason) {
      case "UNSUPPORTED_FEATURE":
        return refuse(record, { reason: "UnsupportedFeature", message: `${error.paths.join(", ")}: ${error.message}` });
      case "BAD_REQUEST":
        deps.logger.error({ uid: record.uid, paths: error.paths }, "the provider calls our request malformed: a bug");
        return refuse(record, { reason: "BadRequest", message: error.message });
      case "OUT_OF_CAPACITY":
      case "QUOTA":
        return await noRoom(record, error);
      case "TOMBSTONED":
        record.verdict = "lost";
        return DONE;
      case "SPEC_CONFLICT":
        record.create = "answered";
        record.absence = "suspected"; // GetPod tells what the provider has
        record.createAnsweredAt = clock.now();
        return DONE;
      case "BACKEND_CREDENTIALS":
        return CREDENTIALS_RETRY;
      default:
        throw error;
    }
  }

  function refuse(record: PodRecord, refusal: { readonly reason: string; readonly message: string }): Outcome {
    record.verdict = "refused";
    record.refusal = refusal;
    if (record.api !== undefined) events.record(podEvent(record.api, "Warning", refusal.reason, refusal.message));
    return DONE;
  }

  /** Retried for a while, then failed so that controllers move on; a late CreatePod is stopped by a tombstone. */
  async function noRoom(record: PodRecord, error: ProviderError): Promise<Outcome> {
    const reason = error.reason === "QUOTA" ? "OutOfQuota" : "OutOfCapacity";
    const since = record.startTime === undefined ? clock.now() : Date.parse(record.startTime);
    record.holdReason ??= { reason, message: error.message };
    if (clock.now() - since < options.capacityTimeoutMs) {
      return { kind: "requeue", afterMs: error.retryAfterMs ?? CAPACITY_RETRY_MS };
    }
    await provider.stopPod(record.uid, 0, "evicted", AbortSignal.timeout(30_000));
    return refuse(record, { reason, message: error.message });
  }
}
