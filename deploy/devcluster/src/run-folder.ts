// The folder of one running control plane, and the sweep of folders whose owner died without cleaning up.
// owner.json names the owning process; pids/ names its children.

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isAlive, markOf, parseMark, type ProcessMark, signalMarked } from "./process-mark.js";

const PREFIX = "outboard-devcluster-";
const OWNERLESS_GRACE_MS = 600_000;
const KEPT_LOGS_MS = 7 * 86_400_000;

export function createRunFolder(parent: string = tmpdir()): string {
  mkdirSync(parent, { recursive: true });
  const folder = mkdtempSync(join(parent, PREFIX));
  const owner = markOf(process.pid);
  writeFileSync(join(folder, "owner.json"), JSON.stringify(owner));
  mkdirSync(pidFolder(folder));
  return folder;
}

export function pidFolder(folder: string): string {
  return join(folder, "pids");
}

export function removeRunFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}

/** Keeps the logs of a failed run and drops the rest: data, keys, kubeconfigs. Answers where they are. */
export function keepOnlyLogs(folder: string): string {
  for (const entry of readdirSync(folder)) {
    if (entry !== "logs") rmSync(join(folder, entry), { recursive: true, force: true });
  }
  writeFileSync(join(folder, "failed"), "");
  return join(folder, "logs");
}

/** Ends the children and removes the folders of owners that are gone. Answers the folders removed. */
export function sweepLeftovers(now: Date, parent: string = tmpdir()): string[] {
  const swept = runFolders(parent).filter((folder) => isAbandoned(folder, now));
  for (const folder of swept) {
    for (const mark of childMarks(folder)) signalMarked(mark, "SIGKILL");
    removeRunFolder(folder);
  }
  return swept;
}

function runFolders(parent: string): string[] {
  return readdirSync(parent)
    .filter((name) => name.startsWith(PREFIX))
    .map((name) => join(parent, name));
}

function isAbandoned(folder: string, now: Date): boolean {
  const owner = readMark(join(folder, "owner.json"));
  if (owner !== undefined) return !isAlive(owner);
  const allowedMs = hasFailed(folder) ? KEPT_LOGS_MS : OWNERLESS_GRACE_MS;
  return now.getTime() - ageReference(folder, now) > allowedMs;
}

function hasFailed(folder: string): boolean {
  return readText(join(folder, "failed")) !== undefined;
}

/** A folder without owner.json may be one that is being made or removed right now. */
function ageReference(folder: string, now: Date): number {
  try {
    return statSync(folder).mtimeMs;
  } catch {
    return now.getTime();
  }
}

function childMarks(folder: string): ProcessMark[] {
  try {
    return readdirSync(pidFolder(folder)).flatMap((name) => readMark(join(pidFolder(folder), name)) ?? []);
  } catch {
    return [];
  }
}

function readMark(file: string): ProcessMark | undefined {
  const text = readText(file);
  return text === undefined ? undefined : parseMark(text);
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
