// What really ran, as the backend itself wrote it down: the memory provider's ledger, or the tracks of real processes.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** One pod, by its UID. */
export interface Entry {
  readonly uid: string;
  /** Backend objects that were made for it. */
  readonly creations: number;
  readonly isReleased: boolean;
  /** It was told to end. */
  readonly isStopped: boolean;
  /** By container. */
  readonly starts: ReadonlyMap<string, number>;
  /** By container: exit codes by number of the instance. */
  readonly exits: ReadonlyMap<string, ReadonlyMap<number, number>>;
  /** Of real processes. */
  readonly isReal: boolean;
  /** By volume: digest of its files; only of the memory provider. */
  readonly volumes: Readonly<Record<string, string>>;
}

export type Ledger = ReadonlyMap<string, Entry>;

interface End {
  readonly instance: number;
  readonly exitCode?: number;
}

interface Line {
  readonly uid: string;
  readonly stage: string;
  readonly createdAt?: number;
  readonly cause?: string;
  readonly containers?: readonly {
    readonly name: string;
    readonly starts: number;
    readonly end?: End;
    readonly last?: End;
  }[];
  readonly volumes?: Readonly<Record<string, string>>;
}

/** Of the memory provider: lines of JSON. */
export function parseLedger(text: string): Ledger {
  const lines = text
    .split("\n")
    .slice(0, -1) // the last one may be half written
    .map((line) => JSON.parse(line) as Line);
  return new Map([...Map.groupBy(lines, ({ uid }) => uid)].map(([uid, own]) => [uid, entryOf(uid, own)]));
}

function entryOf(uid: string, lines: readonly Line[]): Entry {
  const starts = new Map<string, number>();
  const exits = new Map<string, Map<number, number>>();
  for (const { containers = [] } of lines) {
    for (const { name, starts: count, end, last } of containers) {
      starts.set(name, Math.max(count, starts.get(name) ?? 0));
      const known = exits.get(name) ?? new Map<number, number>();
      exits.set(name, known);
      for (const { instance, exitCode } of endsOf(end, last)) known.set(instance, exitCode);
    }
  }
  const creations = new Set(lines.flatMap(({ createdAt }) => createdAt ?? [])).size;
  const isReleased = lines.at(-1)?.stage === "released";
  const isStopped = lines.some(({ cause }) => cause !== undefined);
  const volumes = lines.findLast((line) => line.volumes !== undefined)?.volumes ?? {};
  return { uid, creations, isReleased, isStopped, starts, exits, isReal: false, volumes };
}

function endsOf(...ends: readonly (End | undefined)[]): readonly Required<End>[] {
  return ends.flatMap((end) =>
    end?.exitCode === undefined ? [] : [{ instance: end.instance, exitCode: end.exitCode }],
  );
}

/** Of real processes: `s` for each start and `e CODE` for each end that was not a kill, in files POD.CONTAINER. */
export function readTracks(folder: string, uids: ReadonlyMap<string, string>, present: ReadonlySet<string>): Ledger {
  const files = list(folder);
  return new Map(
    [...uids].map(([uid, name]) => {
      const own = files.filter((file) => file.startsWith(`${name}.`));
      const texts = own.map((file) => [file.slice(name.length + 1), readText(join(folder, file)).split("\n")] as const);
      const starts = new Map(
        texts.map(([container, lines]) => [container, lines.filter((line) => line === "s").length]),
      );
      const exits = new Map(texts.map(([container, lines]) => [container, exitsIn(lines)]));
      const isReleased = !present.has(uid);
      return [uid, { uid, creations: 1, isReleased, isStopped: false, starts, exits, isReal: true, volumes: {} }];
    }),
  );
}

function exitsIn(lines: readonly string[]): ReadonlyMap<number, number> {
  const exits = new Map<number, number>();
  let instance = -1;
  for (const line of lines) {
    if (line === "s") instance++;
    if (line.startsWith("e ")) exits.set(instance, Number(line.slice(2)));
  }
  return exits;
}

export function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

export function list(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
