/** Reads the recorded cases for tests. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Pod, PodStatus } from "./kubernetes.js";

const FOLDER = fileURLToPath(new URL("../../testdata/golden/", import.meta.url));

/** One change of a pod. */
export interface GoldenLine {
  readonly generation: number;
  readonly deletionTimestamp?: string;
  readonly deletionGracePeriodSeconds?: number;
  /** Set for a second pod of the case. */
  readonly name?: string;
  readonly status: PodStatus;
}

/** Names of the cases whose pod was sent and taken. */
export function goldenCases(): readonly string[] {
  return readdirSync(FOLDER, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== "node")
    .map((entry) => entry.name)
    .filter((name) => existsSync(`${FOLDER}${name}/created.json`));
}

/** A recorded file, as text. */
export function goldenText(path: string): string {
  return readFileSync(`${FOLDER}${path}`, "utf8");
}

/** The pod as the API server made it. */
export function goldenPod(name: string): Pod {
  return JSON.parse(goldenText(`${name}/created.json`)) as Pod;
}

/** All changes, in order. */
export function goldenLines(name: string): readonly GoldenLine[] {
  const statuses = new Map<string, PodStatus>();
  return goldenText(`${name}/status.jsonl`)
    .trim()
    .split("\n")
    .map((text) => {
      const { set, unset, ...line } = JSON.parse(text) as GoldenLine & { set: PodStatus; unset?: readonly string[] };
      const key = line.name ?? "";
      const merged = Object.entries({ ...statuses.get(key), ...set }).filter(
        ([field]) => unset?.includes(field) !== true,
      );
      const status: PodStatus = Object.fromEntries(merged);
      statuses.set(key, status);
      return { ...line, status };
    });
}
