// Pods of all fates come and go for a long time, while one fault after the other strikes; the judge is that of the matrix.

import { setTimeout as wait } from "node:timers/promises";
import { type Cluster, eventually } from "@outboard/devcluster";
import { type Book, creating, deleting, updating } from "./actions.js";
import { type Arena, openArena } from "./arena.js";
import { keepEvidence, released, uidsOf, verdict } from "./cell.js";
import { FATES } from "./fates.js";
import { createRandom } from "./random.js";
import { planRound, type Round, roundsOf, type Step } from "./schedule.js";
import { lateIn } from "./settled.js";
import { FAULTS } from "./table.js";

export interface SoakOptions {
  readonly soakMs: number;
  readonly seed: number;
}

type FaultStep = Extract<Step, { readonly fault: string }>;

/** Beyond the three minutes after which a silent watch is given up. */
const END_MS = 300_000;

/** What was violated; the evidence is kept then. */
export async function playSoak(
  cluster: Cluster,
  { soakMs, seed }: SoakOptions,
  say: (line: string) => void,
): Promise<readonly string[]> {
  const violations: string[] = [];
  for (const round of roundsOf(seed, soakMs)) violations.push(...(await playRound(cluster, round, say)));
  return violations;
}

async function playRound(cluster: Cluster, round: Round, say: (line: string) => void): Promise<readonly string[]> {
  const { seed, lengthMs, setting } = round;
  await using arena = await openArena({ cluster, setting, random: createRandom(seed) });
  const book: Book = { asked: new Map(), created: new Map() };
  const steps = planRound(round);
  const over = `${setting.provider} provider, ${setting.link === "tcp" ? "TCP" : "UNIX socket"}`;
  const counts = `${countOf(steps, "create")} pods, ${countOf(steps, "strike")} faults`;
  say(`soak of ${lengthMs / 1000} s, seed ${seed}, ${over}: ${counts}`);
  const trouble: readonly string[] = await play(arena, book, steps, say).then(
    () => [],
    (error: unknown) => [error instanceof Error ? error.message : String(error)],
  );
  const violations = [
    ...trouble,
    ...verdict(arena, book, {
      tellsAll: false,
      isOver: trouble.length === 0,
      leftovers: trouble.length === 0 ? await arena.quit() : [],
    }),
  ];
  if (violations.length > 0) await keepEvidence(arena, book, violations);
  say(violations.length === 0 ? `ok: ${book.created.size} pods, nothing lost` : redText(violations, round, arena));
  return violations;
}

function redText(violations: readonly string[], { seed, lengthMs }: Round, { folder }: Arena): string {
  const again = `--soak ${lengthMs / 1000}s --seed ${seed}`;
  return [
    `RED, again with ${again}, evidence in ${folder}`,
    ...violations.map((text) => `  ${text.slice(0, 1_000)}`),
  ].join("\n");
}

async function play(arena: Arena, book: Book, steps: readonly Step[], say: (line: string) => void): Promise<void> {
  const start = performance.now();
  const pods = new Map<string, Promise<void>>();
  const failed = new AbortController();
  for (const step of steps) {
    await wait(Math.max(0, start + step.atMs - performance.now()));
    if (failed.signal.aborted) break;
    if ("fault" in step) {
      say(`${((performance.now() - start) / 1000).toFixed(1)} s: ${step.kind} ${step.fault}`);
      await change(arena, step);
      continue;
    }
    // What is asked of one pod is asked in order, and waits for no other.
    const before = pods.get(step.pod) ?? Promise.resolve();
    const next = before.then(async () => ask(arena, book, step));
    next.catch((error: unknown) => failed.abort(error));
    pods.set(step.pod, next);
  }
  failed.signal.throwIfAborted();
  await Promise.all(pods.values());
  await finish(arena, book);
}

async function change(arena: Arena, { kind, fault: name }: FaultStep): Promise<void> {
  const fault = FAULTS.find((one) => one.name === name);
  if (fault === undefined) throw new Error(`there is no fault ${name}`);
  if (kind === "heal") await fault.together?.heal(arena.cluster);
  await fault[kind](arena);
  if (kind === "strike") await fault.together?.strike(arena.cluster);
}

async function ask(arena: Arena, book: Book, step: Exclude<Step, FaultStep>): Promise<void> {
  if (step.kind === "create") return creating(arena, book, step.pod, FATES[step.fate])();
  if (step.kind === "delete") return deleting(arena, book, step.pod, step.isForced)();
  if (book.asked.get(step.pod)?.isDeleted === true) return; // its deletion came before
  for (const action of updating(arena, book, step.pod)) await action();
}

async function finish(arena: Arena, book: Book): Promise<void> {
  await arena.alive(END_MS);
  await settled(arena, book);
  for (const [name, { isDeleted }] of book.asked) if (!isDeleted) await deleting(arena, book, name)();
  await settled(arena, book);
  await eventually(() => released(arena, book), { message: "every pod released by the provider", timeoutMs: END_MS });
}

async function settled(arena: Arena, book: Book): Promise<void> {
  const late = (): readonly string[] =>
    lateIn({ ...book, stage: "over", pods: arena.history.pods(), ledger: arena.ledger(uidsOf(book)) });
  await eventually(() => late().length === 0, { message: "settled", timeoutMs: END_MS, intervalMs: 500 }).catch(() => {
    throw new Error(`not settled after ${END_MS / 1000} s: ${late().join("; ")}`);
  });
}

function countOf(steps: readonly Step[], kind: Step["kind"]): number {
  return steps.filter((step) => step.kind === kind).length;
}
