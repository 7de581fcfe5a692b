// Follows what `outboard standalone --output json` prints: one line of JSON per change of a pod, beside log lines.

import { readFileSync } from "node:fs";
import type { Pod } from "./pod.js";

export type StatusLine =
  | { readonly kind: "pod"; readonly uid: string; readonly name: string; readonly status: NonNullable<Pod["status"]> }
  | { readonly kind: "gone"; readonly uid: string };

export interface StatusFollower {
  /** The lines that came since the last call; a half-written last line waits for the next. */
  read(): StatusLine[];
}

export function followStatus(file: string): StatusFollower {
  let done = 0;
  return {
    read: () => {
      const text = readFileSync(file, "utf8");
      const end = text.lastIndexOf("\n") + 1;
      const fresh = text.slice(done, end);
      done = end;
      return fresh.split("\n").flatMap(parseStatusLine);
    },
  };
}

interface RawLine {
  readonly uid?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly status?: NonNullable<Pod["status"]>;
  readonly gone?: boolean;
}

/** No line for anything else, such as the gateway's own log. */
export function parseStatusLine(line: string): StatusLine[] {
  const raw = parseObject(line);
  if (raw?.uid === undefined) return [];
  if (raw.gone === true) return [{ kind: "gone", uid: raw.uid }];
  if (raw.name === undefined || raw.status === undefined) return [];
  return [{ kind: "pod", uid: raw.uid, name: raw.name, status: raw.status }];
}

function parseObject(line: string): RawLine | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
