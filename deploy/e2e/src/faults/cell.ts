// One cell of the matrix: pods of every fate are made, run, are changed and deleted, and in one of these phases the fault
// strikes. Afterwards everything must be as if nothing had been.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { type Cluster, eventually } from "@outboard/devcluster";
import { type Action, type Book, creating, deleting, updating } from "./actions.js";
import { type Arena, openArena } from "./arena.js";
import type { Conductor } from "./conductor.js";
import { evicted } from "./eviction.js";
import { type Fate, FATES, type FateName, fatesOfOutage } from "./fates.js";
import { judge } from "./judge.js";
import type { Fault } from "./table.js";
import { isSettled, lateIn } from "./settled.js";

export type Phase = "create" | "run" | "update" | "delete";

export const PHASES: readonly Phase[] = ["create", "run", "update", "delete"];

export interface CellOptions {
  readonly cluster: Cluster;
  readonly fault: Fault;
  readonly phase: Phase;
  readonly length: "full" | "short";
  readonly random: () => number;
  readonly conductor: Conductor;
}

/** What was violated, and where to look. */
export interface Verdict {
  readonly violations: readonly string[];
  readonly folder: string;
  readonly seconds: number;
}

const SETTLE_MS = 120_000;
const UPDATED: readonly FateName[] = ["forever", "changes"];
const DELETED: readonly FateName[] = ["graceful", "stubborn", "forever", "forced"];

export async function playCell(options: CellOptions): Promise<Verdict> {
  const started = performance.now();
  await using arena = await openArena({ ...options, setting: options.fault.setting });
  const book: Book = { asked: new Map(), created: new Map() };
  let trouble: string[] = [];
  try {
    await play(arena, book, options);
  } catch (error) {
    options.conductor.leave();
    trouble = [error instanceof Error ? error.message : String(error)];
  }
  const violations = [
    ...trouble,
    ...verdict(arena, book, {
      tellsAll: options.fault.tellsAll,
      isOver: trouble.length === 0,
      leftovers: trouble.length === 0 ? await arena.quit() : [],
    }),
  ];
  if (violations.length > 0) await keepEvidence(arena, book, violations);
  return { violations, folder: arena.folder, seconds: (performance.now() - started) / 1000 };
}

async function play(arena: Arena, book: Book, options: CellOptions): Promise<void> {
  const settle = settler(arena, book, options);
  const perform = async (phase: Phase, actions: readonly Action[]): Promise<void> => {
    if (phase === options.phase) await strikeDuring(arena, book, options, actions);
    else for (const action of actions) await action();
  };
  const cast = Object.entries(castOf(options));
  await perform(
    "create",
    cast.map(([name, fate]) => creating(arena, book, name, fate)),
  );
  await settle("begun");
  await perform("run", []);
  await settle("begun");
  await perform(
    "update",
    UPDATED.flatMap((name) => updating(arena, book, name)),
  );
  await settle("updated");
  for (const [name, asked] of book.asked) book.asked.set(name, { ...asked, isImageSeen: true });
  await perform(
    "delete",
    DELETED.map((name) => deleting(arena, book, name, name === "forced")),
  );
  await settle("over");
  for (const [name, { isDeleted }] of book.asked) if (!isDeleted) await deleting(arena, book, name)();
  await settle("over");
  await eventually(() => released(arena, book), { message: "every pod released by the provider", timeoutMs: 60_000 });
}

function castOf({ fault: { evictSeconds }, length }: CellOptions): Readonly<Record<string, Fate>> {
  return evictSeconds === undefined ? FATES : fatesOfOutage(evictSeconds[length]);
}

/** Half of the actions come before the fault, half of them while it lasts. */
async function strikeDuring(arena: Arena, book: Book, options: CellOptions, actions: readonly Action[]): Promise<void> {
  const { fault, conductor, length } = options;
  const half = Math.ceil(actions.length / 2);
  for (const action of actions.slice(0, half)) await action();
  await fault.strike(arena);
  if (fault.together !== undefined) await conductor.together(async () => fault.together?.strike(arena.cluster));
  const rest = inTurn(actions.slice(half));
  rest.catch(() => undefined); // told below
  await wait(fault.seconds[length] * 1000);
  if (fault.evictSeconds !== undefined) await evicted(arena, book, fault.evictSeconds[length]);
  if (fault.together !== undefined) await conductor.together(async () => fault.together?.heal(arena.cluster));
  await fault.heal(arena);
  await rest;
  await arena.alive(SETTLE_MS + fault.patienceMs);
  if (fault.struck?.(arena) === 0) throw new Error("the fault did not strike");
}

async function inTurn(actions: readonly Action[]): Promise<void> {
  for (const action of actions) await action();
}

function settler(
  arena: Arena,
  book: Book,
  { fault }: CellOptions,
): (stage: "begun" | "updated" | "over") => Promise<void> {
  return async (stage) => {
    const now = (): Parameters<typeof isSettled>[0] => ({
      stage,
      asked: book.asked,
      created: book.created,
      pods: arena.history.pods(),
      ledger: arena.ledger(uidsOf(book)),
    });
    const timeoutMs = SETTLE_MS + fault.patienceMs;
    await eventually(() => isSettled(now()), { message: stage, timeoutMs, intervalMs: 200 }).catch(() => {
      throw new Error(`not ${stage} after ${timeoutMs / 1000} s: ${lateIn(now()).join("; ")}`);
    });
  };
}

export function uidsOf({ created }: Book): ReadonlyMap<string, string> {
  return new Map([...created].map(([name, uid]) => [uid, name]));
}

export function released(arena: Arena, book: Book): boolean {
  return [...arena.ledger(uidsOf(book)).values()].every(({ isReleased }) => isReleased);
}

/** What may be expected of the evidence. */
interface Expectation extends Pick<Fault, "tellsAll"> {
  readonly isOver: boolean;
  /** What outlived gateway and provider. */
  readonly leftovers: readonly string[];
}

export function verdict(arena: Arena, book: Book, { tellsAll, isOver, leftovers }: Expectation): readonly string[] {
  return judge({
    history: arena.history.seen,
    gapped: arena.history.gapped,
    ledger: arena.ledger(uidsOf(book)),
    asked: book.asked,
    created: book.created,
    leftovers,
    isOver,
    showsAllExits: tellsAll,
  });
}

export async function keepEvidence(arena: Arena, book: Book, violations: readonly string[]): Promise<void> {
  arena.keep();
  const write = (name: string, value: unknown): void =>
    writeFileSync(join(arena.folder, name), `${JSON.stringify(value, undefined, 1)}\n`);
  write("violations.json", violations);
  write("history.json", arena.history.seen);
  write("pods.json", Object.fromEntries(book.created));
  write("events.json", await arena.api.list(`/api/v1/namespaces/${arena.namespace}/events`).catch(String));
}
