// What to do to a pod, read back from what a driver once did: waits are the gaps between its actions.

import type { JsonObject, RecordedAction } from "./recording.js";

export type Step =
  | { readonly kind: "create" }
  | { readonly kind: "wait"; readonly ms: number }
  | { readonly kind: "until"; readonly what: string; readonly timeoutMs: number }
  | { readonly kind: "logs" }
  | { readonly kind: "delete"; readonly graceSeconds: number | null }
  | { readonly kind: "gone"; readonly timeoutMs: number }
  | { readonly kind: "patch"; readonly sub: string; readonly body: JsonObject }
  | { readonly kind: "api"; readonly method: string; readonly path: string; readonly body: JsonObject }
  /** A static pod's manifest, written or removed. */
  | { readonly kind: "write-manifest"; readonly version: string }
  | { readonly kind: "remove-manifest" };

const LEAST_TIMEOUT_MS = 30_000;
/** Shorter gaps are the driver's own. */
const LEAST_WAIT_MS = 250;
const WRITTEN = "static manifest written";
const REMOVED = "static manifest removed";

/** Logs were read just before the last deletion, or not at all. */
export function scriptOf(actions: readonly RecordedAction[], options: { readonly hasLogs: boolean }): Step[] {
  const lastEnd = actions.findLastIndex(({ action }) => action === "delete" || action === REMOVED);
  return actions.flatMap((action, index) => {
    const previous = actions[index - 1];
    const logs: Step[] = options.hasLogs && index === lastEnd ? [{ kind: "logs" }] : [];
    return [...waitBefore(action, previous), ...logs, ...toStep(action, previous)];
  });
}

function waitBefore(action: RecordedAction, previous: RecordedAction | undefined): Step[] {
  if (previous === undefined) return [];
  const gapMs = Math.round((action.t - previous.t) * 10) * 100;
  // How long an "until" took is its own; but an edited manifest needs its time before the old pod counts as the new one.
  const isOwn = action.action === "gone" || (action.action === "until" && previous.action !== WRITTEN);
  const isFirst = previous.t < 1;
  if (isOwn || (action.action === "until" && isFirst)) return [];
  return gapMs < LEAST_WAIT_MS ? [] : [{ kind: "wait", ms: gapMs }];
}

function toStep(action: RecordedAction, previous: RecordedAction | undefined): Step[] {
  const timeoutMs = Math.max(LEAST_TIMEOUT_MS, 3_000 * (action.t - (previous?.t ?? 0)));
  const { body = {} } = action;
  switch (action.action) {
    case "create":
      return [{ kind: "create" }];
    case "until":
      return [{ kind: "until", what: action.what ?? "", timeoutMs }];
    case "gone":
      return [{ kind: "gone", timeoutMs }];
    case "delete":
      return [{ kind: "delete", graceSeconds: action.grace ?? null }];
    case "patch":
      return [{ kind: "patch", sub: action.sub ?? "", body }];
    case "api":
      return [{ kind: "api", method: action.method ?? "GET", path: action.path ?? "", body }];
    case WRITTEN:
      return [{ kind: "write-manifest", version: action.v ?? "" }];
    case REMOVED:
      return [{ kind: "remove-manifest" }, { kind: "wait", ms: LEAST_TIMEOUT_MS }];
    default:
      throw new Error(`actions.json has an unknown action: ${action.action}`);
  }
}
