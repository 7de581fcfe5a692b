// Writes an observed case as cases are recorded.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { PodObject, SeenEvent, SeenPod } from "./observer.js";
import type { JsonObject, RecordedAction } from "./recording.js";

export interface Observed {
  readonly folder: string;
  /** Name of the case's own pod. */
  readonly podName: string;
  /** When it was created; times are told from it. */
  readonly startMs: number;
  readonly pods: readonly SeenPod[];
  readonly events: readonly SeenEvent[];
  readonly actions: readonly RecordedAction[];
  readonly notes: readonly string[];
}

export function writeObserved(observed: Observed): void {
  mkdirSync(observed.folder, { recursive: true });
  const statuses = statusLines(observed);
  const lines = statuses.map((line) => `${JSON.stringify(line)}\n`);
  writeFileSync(join(observed.folder, "status.jsonl"), lines.join(""));
  const events = eventEntries(observed).map((event) => JSON.stringify(event));
  writeFileSync(join(observed.folder, "events.json"), `[\n${events.join(",\n")}\n]\n`);
  const { actions, notes } = observed;
  writeFileSync(
    join(observed.folder, "actions.json"),
    `${JSON.stringify({ actions, notes, statuses: lines.length })}\n`,
  );
}

/** Only what changed in the parts that are recorded. */
function statusLines({ pods, podName, startMs }: Observed): JsonObject[] {
  let last = "";
  return pods.flatMap(({ atMs, type, pod }) => {
    const line = { type, ...lineOf(pod, podName) };
    const text = JSON.stringify(line);
    if (text === last) return [];
    last = text;
    return [{ t: seconds(atMs - startMs), rv: pod.metadata.resourceVersion, ...line }];
  });
}

const METADATA = ["deletionTimestamp", "deletionGracePeriodSeconds", "finalizers", "generation"] as const;

function lineOf({ metadata, spec, status }: PodObject, podName: string): JsonObject {
  const kept = METADATA.flatMap((field) => (metadata[field] === undefined ? [] : [[field, metadata[field]] as const]));
  const { nodeName } = spec;
  return {
    ...Object.fromEntries(kept),
    ...(metadata.name === podName ? {} : { name: metadata.name }),
    ...(nodeName === undefined ? {} : { nodeName }),
    status,
  };
}

interface EventObject {
  readonly type?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly count?: number;
  readonly series?: { readonly count?: number };
  readonly action?: string;
  readonly source?: object;
  readonly reportingComponent?: string;
  readonly involvedObject: { readonly kind?: string; readonly name?: string; readonly fieldPath?: string };
}

function eventEntries({ events, startMs }: Observed): object[] {
  return [...events]
    .sort((a, b) => a.firstMs - b.firstMs)
    .map(({ firstMs, lastMs, event }) => {
      const { type, reason, message, count, series, ...rest } = event as unknown as EventObject;
      const { kind, name, fieldPath } = rest.involvedObject;
      return {
        t: seconds(firstMs - startMs),
        tLast: seconds(lastMs - startMs),
        type,
        reason,
        message,
        count: count ?? series?.count ?? 1,
        action: rest.action,
        source: rest.source,
        reportingComponent: rest.reportingComponent,
        kind,
        name,
        fieldPath,
      };
    });
}

export function seconds(ms: number): number {
  return Math.round(ms) / 1000;
}
