/** What a refused CreatePod means for the pod (CONTRACT §7). */
import { isContainerStarted } from "../../domain/pod-history.js";
import { ProviderError } from "../../ports/provider.js";
import { DONE, type Outcome } from "../work-queue.js";
import type { PodDeps } from "./deps.js";
import { podEvent } from "./provider-event.js";
import type { PodRecord, Refusal } from "./record.js";

const CAPACITY_RETRY_MS = 5_000;
const CREDENTIALS_RETRY_MS = 60_000;

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
        if (record.holdReason !== undefined) return this.#giveUp(record, record.holdReason); // in an earlier try
        record.verdict = "lost"; // stopped before; never created again
        return DONE;
      case "SPEC_CONFLICT":
        return this.#conflict(record);
      case "BACKEND_CREDENTIALS":
        return this.#pause(record, CREDENTIALS_RETRY_MS);
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
    record.observation = undefined; // what was observed is old: GetPod says what the provider has
    return DONE;
  }

  /** Tried again for a while, then failed so that controllers move on; a tombstone keeps a late CreatePod from starting it. */
  async #noRoom(record: PodRecord, error: ProviderError, signal: AbortSignal): Promise<Outcome> {
    const { clock, options, provider } = this.#deps;
    const reason = error.reason === "QUOTA" ? "OutOfQuota" : "OutOfCapacity";
    record.noRoomSince ??= clock.now();
    record.holdReason ??= { reason, message: error.message };
    if (clock.now() - record.noRoomSince < options.capacityTimeoutMs) {
      return this.#pause(record, error.retryAfterMs ?? CAPACITY_RETRY_MS);
    }
    await provider.stopPod(record.uid, 0, "evicted", signal);
    if (await this.#isThere(record, signal)) return DONE;
    return this.#giveUp(record, { reason, message: error.message });
  }

  /** A CreatePod whose outcome was never known may have been done before the stop: then the provider's ENDED is waited for. */
  async #isThere(record: PodRecord, signal: AbortSignal): Promise<boolean> {
    const { provider, table } = this.#deps;
    try {
      table.takeObservation(await provider.getPod(record.uid, signal));
      record.stopAccepted = 0;
      return true;
    } catch (error) {
      if (error instanceof ProviderError && error.reason === "POD") return false;
      throw error;
    }
  }

  /** A pod that ran before keeps what it showed: only the rest is concluded. */
  #giveUp(record: PodRecord, refusal: Refusal): Outcome {
    if (record.api === undefined || !isContainerStarted(record.api)) return this.refuse(record, refusal);
    record.verdict = "lost";
    record.forced = { phase: "Failed", ...refusal };
    this.#deps.events.record(podEvent(record.api, "Warning", refusal.reason, refusal.message));
    return DONE;
  }

  #pause(record: PodRecord, afterMs: number): Outcome {
    record.notBefore = this.#deps.clock.now() + afterMs;
    return { kind: "requeue", afterMs };
  }
}
