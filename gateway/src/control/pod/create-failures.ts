/** What a refused CreatePod means for the pod (CONTRACT §7). */
import type { ProviderError } from "../../ports/provider.js";
import { DONE, type Outcome } from "../work-queue.js";
import type { PodDeps } from "./deps.js";
import { podEvent } from "./provider-event.js";
import type { PodRecord, Refusal } from "./record.js";

const CAPACITY_RETRY_MS = 5_000;
const CREDENTIALS_RETRY: Outcome = { kind: "requeue", afterMs: 60_000 };

/** Judges refusals. */
export class CreateFailures {
  readonly #deps: PodDeps;

  constructor(deps: PodDeps) {
    this.#deps = deps;
  }

  /** @throws the error itself when the outcome is unknown or only waiting helps */
  async take(record: PodRecord, error: ProviderError, signal: AbortSignal): Promise<Outcome> {
    switch (error.reason) {
      case "UNSUPPORTED_FEATURE":
        return this.refuse(record, {
          reason: "UnsupportedFeature",
          message: `${error.paths.join(", ")}: ${error.message}`,
        });
      case "BAD_REQUEST":
        this.#deps.logger.error(
          { uid: record.uid, paths: error.paths },
          "the provider calls our request malformed: a bug",
        );
        return this.refuse(record, { reason: "BadRequest", message: error.message });
      case "OUT_OF_CAPACITY":
      case "QUOTA":
        return await this.#noRoom(record, error, signal);
      case "TOMBSTONED":
        record.verdict = "lost"; // stopped before; never created again
        return DONE;
      case "SPEC_CONFLICT":
        return this.#conflict(record);
      case "BACKEND_CREDENTIALS":
        return CREDENTIALS_RETRY;
      default:
        throw error;
    }
  }

  /** Fails the pod for good; nothing of it ever runs. */
  refuse(record: PodRecord, refusal: Refusal): Outcome {
    record.verdict = "refused";
    record.refusal = refusal;
    if (record.api !== undefined) {
      this.#deps.events.record(podEvent(record.api, "Warning", refusal.reason, refusal.message));
    }
    return DONE;
  }

  /** The provider has the pod with another Manifest: GetPod tells which, an update follows. */
  #conflict(record: PodRecord): Outcome {
    record.create = "answered";
    record.createAnsweredAt = this.#deps.clock.now();
    record.absence = "suspected";
    return DONE;
  }

  /** Tried again for a while, then failed so that controllers move on; a tombstone keeps a late CreatePod from starting it. */
  async #noRoom(record: PodRecord, error: ProviderError, signal: AbortSignal): Promise<Outcome> {
    const { clock, options, provider } = this.#deps;
    const reason = error.reason === "QUOTA" ? "OutOfQuota" : "OutOfCapacity";
    const since = record.startTime === undefined ? clock.now() : Date.parse(record.startTime);
    record.holdReason ??= { reason, message: error.message };
    if (clock.now() - since < options.capacityTimeoutMs) {
      return { kind: "requeue", afterMs: error.retryAfterMs ?? CAPACITY_RETRY_MS };
    }
    await provider.stopPod(record.uid, 0, "evicted", signal);
    return this.refuse(record, { reason, message: error.message });
  }
}
