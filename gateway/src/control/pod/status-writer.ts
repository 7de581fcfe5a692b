/** The status that the API should show for a pod, and the one PATCH that makes it so. */
import type { Pod, PodStatus } from "../../domain/kubernetes.js";
import { kubeTime } from "../../domain/kube-time.js";
import type { PodObservation } from "../../domain/observation.js";
import type { PhaseVerdict } from "../../domain/pod-phase.js";
import { computeStatus, refusedStatus } from "../../domain/pod-status.js";
import { podStatusPatch } from "../../domain/status-diff.js";
import { ApiError, type PatchStatus } from "../../ports/pods.js";
import type { PodDeps } from "./deps.js";
import { showsProgress, urgencyOf } from "../../domain/status-progress.js";
import type { PodRecord, Refusal } from "./record.js";
import { allocatedPod, type ResizeState } from "./allocated.js";
import { WriteTurns } from "./write-turns.js";

/** Whether the API has the status that it should have. */
export type StatusState =
  | { readonly kind: "stored" }
  | { readonly kind: "due"; readonly to: PodStatus }
  /** More may come: writes within the merge window are one. */
  | { readonly kind: "later"; readonly afterMs: number };

const STORED: StatusState = { kind: "stored" };
/** From so many on, a status that shows no progress waits: others have more to say, and more is to come. */
const MANY_WRITES = 4;
/** Each after the pause that the API server asks for. */
const BUSY_TRIES = 20;
/** Milliseconds. */
const LONGEST_WAIT_MS = 1_000;

/** What a computed status depended on: while it is the same, so is the status. */
interface Memo {
  readonly api: Pod;
  readonly observation: PodObservation | undefined;
  readonly verdict: PodRecord["verdict"];
  readonly hold: Refusal | undefined;
  readonly resize: ResizeState | undefined;
  readonly provider: boolean;
  /** The node's addresses. */
  readonly hosts: string;
  /** undefined: nothing differs. */
  readonly to: PodStatus | undefined;
}

/** Compares and writes statuses. */
export class StatusWriter {
  readonly #deps: PodDeps;
  readonly #memos = new WeakMap<PodRecord, Memo>();
  readonly #turns: WriteTurns;

  constructor(deps: PodDeps) {
    this.#deps = deps;
    this.#turns = new WriteTurns({
      requeue: deps.requeue,
      isAway: (uid) => deps.table.get(uid)?.isStepping === true,
    });
  }

  /** Whether the API has the status that it should have. */
  check(record: PodRecord): StatusState {
    const now = this.#deps.clock.now();
    const hasTurn = this.#turns.has(record.uid);
    if (isBeingCreated(record) && record.observation === undefined && !hasTurn) {
      record.dirtySince ??= now;
      const afterMs = record.dirtySince + LONGEST_WAIT_MS - now; // there is nothing to show yet
      if (afterMs > 0) return { kind: "later", afterMs };
    }
    const to = this.differing(record);
    if (to === undefined) {
      record.dirtySince = undefined;
      this.#turns.drop(record.uid);
      return STORED;
    }
    record.dirtySince ??= now;
    if (hasTurn) return { kind: "due", to };
    const afterMs = record.dirtySince + this.#mergeMs(record, to) - now;
    return afterMs > 0 ? { kind: "later", afterMs } : { kind: "due", to };
  }

  /** Whether the status that is due has waited for so short a time that what comes next may be written with it. */
  mayJoin({ dirtySince }: PodRecord): boolean {
    return this.#isBusy() && dirtySince !== undefined && this.#deps.clock.now() - dirtySince < LONGEST_WAIT_MS;
  }

  #isBusy(): boolean {
    return this.#turns.active >= MANY_WRITES;
  }

  #mergeMs(record: PodRecord, to: PodStatus): number {
    const shown = record.api?.status;
    if (record.pending.length > 0 || isUpNow(shown, to)) return 0;
    const { mergeWindowMs } = this.#deps.options;
    const isPatient = (this.#isBusy() || isBeingCreated(record)) && !showsProgress(shown, to);
    return isPatient ? Math.max(mergeWindowMs, LONGEST_WAIT_MS) : mergeWindowMs;
  }

  /** Milliseconds until the pod must be worked on for its status; Infinity: there is nothing to write, or it waits for its turn. */
  dueInMs(record: PodRecord): number {
    const status = this.check(record);
    if (status.kind === "later") return status.afterMs;
    return status.kind === "stored" || this.#turns.isWaiting(record.uid) ? Number.POSITIVE_INFINITY : 0;
  }

  /** One PATCH; rejects with an ApiError. undefined: its turn is still to come, the pod is queued again then. */
  write(record: PodRecord, to: PodStatus, signal: AbortSignal): Promise<void> | undefined {
    const { writer } = this.#deps;
    const { api, uid } = record;
    if (api === undefined) return Promise.resolve();
    const urgency = urgencyOf(api, api.status, to);
    const patch = this.#turns.enter(
      uid,
      RANKS[urgency],
      (cancelled) => writer.reserve?.(urgency, cancelled) ?? writer.patchStatus.bind(writer),
    );
    return patch === undefined ? undefined : this.#writeInTurn(record, patch, signal);
  }

  /** The pod is forgotten. */
  forget(uid: string): void {
    this.#turns.drop(uid);
  }

  async #writeInTurn(record: PodRecord, patch: PatchStatus, signal: AbortSignal): Promise<void> {
    try {
      await this.#writeNow(record, patch, signal);
      record.busyTries = 0;
    } catch (error) {
      const isBusy = error instanceof ApiError && error.status === 429 && this.#deps.writer.reserve !== undefined;
      if (!isBusy || ++record.busyTries % BUSY_TRIES === 0) throw error; // else another turn is asked for
    } finally {
      this.#turns.leave();
    }
  }

  async #writeNow(record: PodRecord, patch: PatchStatus, signal: AbortSignal): Promise<void> {
    const { table } = this.#deps;
    const { api } = record;
    const to = this.differing(record);
    if (api === undefined || to === undefined) return; // gone, or settled by now
    const before = this.#now(record, api);
    const result = await patch(api, api.status ?? {}, to, signal);
    record.dirtySince = undefined;
    if (result.kind === "gone") return table.setGone(record.uid);
    table.setApi(result.pod);
    if (podStatusPatch(result.pod.status ?? {}, to) !== undefined) this.#settleFor(record, result.pod);
    else this.#noteStored(record, before, result.pod);
  }

  /** The API has what was wanted: as long as nothing else changes there is nothing to compute. An end is told in steps. */
  #noteStored(record: PodRecord, before: Omit<Memo, "to">, { metadata }: Pod): void {
    const { api, observation } = record;
    if (api === undefined || observation === undefined || observation.stage === "ended") return;
    if (api.metadata.resourceVersion !== metadata.resourceVersion) return;
    const now = this.#now(record, api);
    if (isSame({ ...before, api, to: undefined }, now) && isSameApart(before.api, api)) {
      this.#memos.set(record, { ...now, to: undefined });
    }
  }

  /** The API keeps something else than it was given: asking again for the same would never end. */
  #settleFor(record: PodRecord, api: Pod): void {
    const { api: known } = record;
    if (known?.metadata.resourceVersion !== api.metadata.resourceVersion) return;
    this.#memos.set(record, { ...this.#now(record, known), to: undefined });
    this.#deps.logger.warn({ uid: record.uid }, "the API server keeps another status than it was given");
  }

  /** The wanted status, whether due or not; undefined when the API has it, or nothing can be said now. */
  differing(record: PodRecord): PodStatus | undefined {
    const { api } = record;
    if (api === undefined) return undefined;
    const now = this.#now(record, api);
    const memo = this.#memos.get(record);
    if (memo !== undefined && isSame(memo, now)) return memo.to;
    const wanted = this.#wanted(record, api, now.provider);
    const to = wanted !== undefined && podStatusPatch(api.status ?? {}, wanted) !== undefined ? wanted : undefined;
    this.#memos.set(record, { ...now, to });
    return to;
  }

  #now(record: PodRecord, api: Pod): Omit<Memo, "to"> {
    const { observation, verdict, holdReason: hold, resize } = record;
    return {
      api,
      observation,
      verdict,
      hold,
      resize,
      provider: this.#deps.view() !== undefined,
      hosts: this.#deps.hostIPs().join(),
    };
  }

  #wanted(record: PodRecord, api: Pod, provider: boolean): PodStatus | undefined {
    const { observation, verdict, refusal } = record;
    const now = this.#deps.clock.now();
    if (refusal !== undefined) return refusedStatus(withStartTime(api, record, now), refusal, now);
    const isFinal = observation?.stage === "ended" || verdict === "lost";
    const isKnown = observation !== undefined || verdict !== undefined;
    return isKnown && (provider || isFinal) ? this.#computed(record, api) : undefined;
  }

  #computed(record: PodRecord, api: Pod): PodStatus {
    const { observation, verdict } = record;
    const { hostIPs, clock, runtimeName } = this.#deps;
    const input = {
      pod: allocatedPod(record, api),
      observation,
      hostIPs: hostIPs(),
      runtimeName: runtimeName(),
      now: clock.now(),
      waiting: record.holdReason,
      resizePending: record.resize?.pending,
      resizing: record.resize?.running,
    };
    const previous = withStartTime(api, record, input.now).status;
    const lost = verdict === "lost";
    return computeStatus({ ...input, previous, lost, verdict: lost ? record.forced : evictionOf(record) });
  }
}

const RANKS = { end: 0, progress: 1, seen: 2 } as const;

/** Apart from the status, as far as it decides one. */
function isSameApart(a: Pod, b: Pod): boolean {
  return a.spec === b.spec && a.metadata.deletionTimestamp === b.metadata.deletionTimestamp;
}

/** It waits for its turn or for the provider's answer, and nothing stands in its way. */
function isBeingCreated({ create, holdReason, missingTries, verdict }: PodRecord): boolean {
  return verdict === "admitted" && create !== "answered" && holdReason === undefined && missingTries === 0;
}

/** Everything of the pod has come up: nothing more is to come that could be written together with it. */
function isUpNow(before: PodStatus | undefined, { phase, containerStatuses = [] }: PodStatus): boolean {
  return before?.phase !== "Running" && phase === "Running" && containerStatuses.every(({ ready }) => ready);
}

/** What the eviction says, where it was that which ended the pod. */
function evictionOf({ observation, eviction }: PodRecord): PhaseVerdict | undefined {
  if (eviction === undefined || observation?.stage !== "ended" || observation.cause !== "evicted") return undefined;
  return { phase: "Failed", reason: eviction.reason, message: eviction.message };
}

/** The object with the start time that it was given, which the API may not have heard of yet; given now if it was not. */
function withStartTime(api: Pod, record: PodRecord, now: number): Pod {
  const startTime = api.status?.startTime ?? (record.startTime ??= kubeTime(now));
  return { ...api, status: { ...api.status, startTime } };
}

function isSame(memo: Memo, now: Omit<Memo, "to">): boolean {
  return (
    memo.api === now.api &&
    memo.observation === now.observation &&
    memo.verdict === now.verdict &&
    memo.hold === now.hold &&
    memo.resize === now.resize &&
    memo.provider === now.provider &&
    memo.hosts === now.hosts
  );
}
