/** When the Node's status must be written: something differs, or the API has not heard of it for long. */
import { sameValue } from "./json-diff.js";
import type { Node } from "./kubernetes.js";

/** The API hears of the node at least so often, milliseconds. */
const REPORT_MS = 300_000;

/** True if more than heartbeat times differs, or the last report is old. */
export function isNodeStatusStale(found: Node, wanted: Node, reportedAt: number, now: number): boolean {
  return now - reportedAt >= REPORT_MS || !sameValue(comparable(found), comparable(wanted));
}

function comparable(node: Node): unknown {
  const conditions = (node.status?.conditions ?? []).map((condition) => ({
    ...condition,
    lastHeartbeatTime: undefined,
  }));
  const byType = Object.fromEntries(conditions.map((condition) => [condition.type, condition]));
  const { labels, annotations } = node.metadata ?? {};
  return { labels: labels ?? {}, annotations: annotations ?? {}, status: { ...node.status, conditions: byType } };
}
