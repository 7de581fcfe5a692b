/** Reads what a real kubelet did in a case, and how the containers of the case behaved. */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { ContainerStatus, Pod, PodStatus, TerminatedStatus } from "./modules.js";

const FOLDER = fileURLToPath(new URL("../../../../gateway/testdata/golden/", import.meta.url));

/** One change of the pod. */
export interface RecordedLine {
  readonly deletionTimestamp?: string;
  readonly deletionGracePeriodSeconds?: number;
  /** Set for a second pod of the case. */
  readonly name?: string;
  readonly status: PodStatus;
}

/** An event about the pod. */
export interface RecordedEvent {
  readonly type: string;
  readonly reason: string;
  readonly fieldPath?: string;
  readonly message: string;
}

/** A case. */
export interface RecordedCase {
  readonly name: string;
  readonly pod: Pod;
  readonly lines: readonly RecordedLine[];
  readonly events: readonly RecordedEvent[];
}

/** Names of the cases. */
export function caseNames(): readonly string[] {
  const folders = readdirSync(FOLDER, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return folders.map((entry) => entry.name).filter((name) => name !== "node");
}

/** Reads a case. */
export function readCase(name: string): RecordedCase {
  const read = (file: string): string => readFileSync(`${FOLDER}${name}/${file}`, "utf8");
  const events = JSON.parse(read("events.json")) as readonly RecordedEvent[];
  return { name, pod: JSON.parse(read("created.json")) as Pod, lines: linesOf(read("status.jsonl")), events };
}

function linesOf(text: string): readonly RecordedLine[] {
  let status: PodStatus = {};
  return text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as RecordedLine & { readonly set: PodStatus; readonly unset?: readonly string[] })
    .filter((line) => line.name === undefined)
    .map(({ set, unset, ...line }) => {
      const merged = Object.entries({ ...status, ...set }).filter(([field]) => unset?.includes(field) !== true);
      status = Object.fromEntries(merged);
      return { ...line, status };
    });
}

/** All container statuses of a status, in the order of the judge. */
export function statusesOf(status: PodStatus): readonly ContainerStatus[] {
  const { initContainerStatuses = [], containerStatuses = [], ephemeralContainerStatuses = [] } = status;
  return [...initContainerStatuses, ...containerStatuses, ...ephemeralContainerStatuses];
}

/** An instance that ended, as recorded. */
export interface RecordedEnd extends TerminatedStatus {
  readonly container: string;
  readonly attempt: number;
}

/** Every instance that ended, in order. */
export function endsOf({ lines }: RecordedCase): readonly RecordedEnd[] {
  const ends = new Map<string, RecordedEnd>();
  for (const { status } of lines) {
    for (const { name, restartCount, state, lastState } of statusesOf(status)) {
      note(ends, name, restartCount, state?.terminated);
      note(ends, name, lastAttempt(restartCount, state?.waiting?.reason), lastState?.terminated);
    }
  }
  return [...ends.values()];
}

/** While a container waits for its next instance, its last state is the current one. */
function lastAttempt(restartCount: number, waiting: string | undefined): number {
  return waiting === undefined ? restartCount - 1 : restartCount;
}

function note(
  ends: Map<string, RecordedEnd>,
  container: string,
  attempt: number,
  ended: TerminatedStatus | undefined,
): void {
  if (ended?.containerID === undefined || ends.has(ended.containerID)) return;
  ends.set(ended.containerID, { ...ended, container, attempt });
}

/** Milliseconds from the pod's start to a time. */
export function sinceStart({ lines }: RecordedCase, time: string | undefined): number {
  const start = lines.find(({ status }) => status.startTime !== undefined)?.status.startTime;
  return time === undefined || start === undefined ? Number.NaN : Date.parse(time) - Date.parse(start);
}

/** When the pod was deleted, and with how much grace. undefined: after it had ended. */
export function deletionOf(
  recorded: RecordedCase,
): { readonly afterMs: number; readonly graceSeconds: number } | undefined {
  const line = recorded.lines.find(({ deletionTimestamp }) => deletionTimestamp !== undefined);
  const { deletionTimestamp, deletionGracePeriodSeconds = 0 } = line ?? {};
  if (deletionTimestamp === undefined || isTerminal(line?.status)) return undefined;
  const afterMs = sinceStart(recorded, deletionTimestamp) - deletionGracePeriodSeconds * 1000;
  return { afterMs, graceSeconds: deletionGracePeriodSeconds };
}

function isTerminal(status: PodStatus | undefined): boolean {
  return status?.phase === "Succeeded" || status?.phase === "Failed";
}

interface Waiting {
  readonly reason: string;
  readonly message: string;
}

/** What a container was first recorded to wait for, with this reason. */
export function waitingOf(recorded: RecordedCase, name: string, reason: string): Waiting | undefined {
  for (const { status } of recorded.lines) {
    const { initContainerStatuses = [], containerStatuses = [], ephemeralContainerStatuses = [] } = status;
    const all = [...initContainerStatuses, ...containerStatuses, ...ephemeralContainerStatuses];
    const waiting = all.find((each) => each.name === name)?.state?.waiting;
    if (waiting?.reason === reason) return { reason, message: waiting.message ?? "" };
  }
  return undefined;
}
