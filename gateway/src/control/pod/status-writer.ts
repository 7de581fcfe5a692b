/** The status that the API should show for a pod, and the one PATCH that makes it so. */
import type { Pod, PodStatus } from "../../domain/kubernetes.js";
import type { PodObservation } from "../../domain/observation.js";
import { computeStatus, refusedStatus } from "../../domain/pod-status.js";
import { podStatusPatch } from "../../domain/status-diff.js";
import { createSemaphore } from "../semaphore.js";
import type { PodDeps } from "./deps.js";
import type { PodRecord, Refusal } from "./record.js";

/** Whether the API has the status that it should have. */
export type StatusState =
  | { readonly kind: "stored" }
  | { readonly kind: "due"; readonly to: PodStatus }
  /** More may come: writes within the merge window are one. */
  | { readonly kind: "later"; readonly to: PodStatus; readonly afterMs: number };

/** Compares and writes statuses. */
export interface StatusWriter {
  check(record: PodRecord): StatusState;
  write(record: PodRecord, to: PodStatus, signal: AbortSignal): Promise<void>;
}

const STORED: StatusState = { kind: "stored" };
/** Status writes under way at once, all pods together. */
const PARALLEL_WRITES = 16;
const NO_RUNTIME = "unknown";

/** What a computed status depended on: while it is the same, so is the status. */
interface Memo {
  readonly api: Pod;
  readonly observation: PodObservation | undefined;
  readonly verdict: PodRecord["verdict"];
  readonly hold: Refusal | undefined;
  readonly provider: boolean;
  /** undefined: nothing differs. */
  readonly to: PodStatus | undefined;
}

/** Creates the writer. */
export function createStatusWriter(deps: PodDeps): StatusWriter {
  const { clock, options, table, writer } = deps;
  const memos = new WeakMap<PodRecord, Memo>();
  const slots = createSemaphore(() => PARALLEL_WRITES);

  function check(record: PodRecord): StatusState {
    const to = differing(record);
    if (to === undefined) {
      record.dirtySince = undefined;
      return STORED;
    }
    const now = clock.now();
    record.dirtySince ??= now;
    const afterMs = record.pending.length > 0 ? 0 : record.dirtySince + options.mergeWindowMs - now;
    return afterMs > 0 ? { kind: "later", to, afterMs } : { kind: "due", to };
  }

  /** The wanted status; undefined when the API has it, or nothing can be said now. */
  function differing(record: PodRecord): PodStatus | undefined {
    const { api, observation, verdict, holdReason: hold } = record;
    if (api === undefined) return undefined;
    const provider = deps.view() !== undefined;
    const memo = memos.get(record);
    if (memo !== undefined && isSame(memo, { api, observation, verdict, hold, provider, to: undefined }))
      return memo.to;
    const wanted = wantedStatus(record, api, provider);
    const to = wanted !== undefined && podStatusPatch(api.status ?? {}, wanted) !== undefined ? wanted : undefined;
    memos.set(record, { api, observation, verdict, hold, provider, to });
    return to;
  }

  function wantedStatus(record: PodRecord, api: Pod, provider: boolean): PodStatus | undefined {
    const { observation, verdict, refusal, startTime } = record;
    if (refusal !== undefined) return refusedStatus(api, refusal, clock.now());
    const isKnown = observation !== undefined || verdict !== undefined;
    if (!isKnown || (!provider && observation?.stage !== "ended" && verdict !== "lost")) return undefined;
    return computeStatus({
      pod: api,
      observation,
      hostIPs: deps.hostIPs(),
      runtimeName: deps.view()?.node?.facts?.runtimeName ?? NO_RUNTIME,
      now: clock.now(),
      waiting: record.holdReason,
      ...(verdict === "lost" ? { lost: true } : {}),
      ...(startTime === undefined
        ? {}
        : { previous: { ...api.status, startTime: api.status?.startTime ?? startTime } }),
    });
  }

  async function write(record: PodRecord, to: PodStatus, signal: AbortSignal): Promise<void> {
    const { api } = record;
    if (api === undefined) return;
    const result = await slots.run(() => writer.patchStatus(api, api.status ?? {}, to, signal));
    record.dirtySince = undefined;
    if (result.kind === "gone") return table.setGone(record.uid);
    table.setApi(result.pod);
    if (podStatusPatch(result.pod.status ?? {}, to) !== undefined) settleFor(record, result.pod);
  }

  /** The API keeps something else than it was given: asking again for the same would never end. */
  function settleFor(record: PodRecord, api: Pod): void {
    const { observation, verdict, holdReason: hold } = record;
    if (record.api !== api) return;
    memos.set(record, { api, observation, verdict, hold, provider: deps.view() !== undefined, to: undefined });
    deps.logger.warn({ uid: record.uid }, "the API server keeps another status than it was given");
  }

  return { check, write };
}

function isSame(memo: Memo, now: Memo): boolean {
  return (
    memo.api === now.api &&
    memo.observation === now.observation &&
    memo.verdict === now.verdict &&
    memo.hold === now.hold &&
    memo.provider === now.provider
  );
}
