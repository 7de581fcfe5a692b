// What a soak does and when: a function of its seed, so that a failure can be played again. Pure.

import { FATES, type FateName } from "./fates.js";
import { createRandom } from "./random.js";
import type { Setting } from "./setting.js";
import { type Fault, FAULTS } from "./table.js";

/** One thing to do; times are milliseconds from the beginning. */
export type Step =
  | { readonly kind: "create"; readonly atMs: number; readonly pod: string; readonly fate: FateName }
  | { readonly kind: "update" | "delete"; readonly atMs: number; readonly pod: string; readonly isForced?: boolean }
  | { readonly kind: "strike" | "heal"; readonly atMs: number; readonly fault: string };

/** Least and most, milliseconds. */
type Span = readonly [least: number, most: number];

const BETWEEN_PODS: Span = [600, 3_000];
const BETWEEN_FAULTS: Span = [2_000, 9_000];
const LASTING: Span = [200, 14_000];
const UPDATE_AFTER: Span = [500, 12_000];
const DELETE_AFTER: Span = [100, 30_000];
/** Until the end everything that was broken is whole again. */
const LAST_FAULT_MS = 15_000;

/** What a round can go over. */
const VARIANTS: readonly Setting[] = [
  { provider: "process", link: "tcp", hasDisk: true },
  { provider: "memory", link: "unix" },
  { provider: "process", link: "unix", hasDisk: true },
  { provider: "memory", link: "tcp" },
];
/** How much slower pods come that are real processes. */
const PACE = { memory: 1, process: 2.5 };
const ROUND_MS = 450_000;

/** A soak has rounds of some minutes, each over another setting and with a seed of its own, by which it can be played alone. */
export interface Round {
  readonly seed: number;
  readonly lengthMs: number;
  readonly setting: Setting;
}

export function roundsOf(seed: number, soakMs: number): readonly Round[] {
  const count = Math.max(1, Math.round(soakMs / ROUND_MS));
  return Array.from({ length: count }, (_, index) => roundOf(seed + index, Math.round(soakMs / count)));
}

function roundOf(seed: number, lengthMs: number): Round {
  return { seed, lengthMs, setting: VARIANTS[seed % VARIANTS.length] ?? { provider: "memory", link: "unix" } };
}

/** Those that strike one arena, one after the other. A row for real processes has a twin of the same name without. */
export function soakFaults({ provider, hasDisk = false }: Setting): readonly Fault[] {
  return FAULTS.filter(({ setting, isPlayed = false, evictSeconds }) => {
    if (evictSeconds !== undefined || (isPlayed && provider !== "memory")) return false;
    return setting.provider === "memory" || (setting.hasDisk === true && hasDisk);
  });
}

export function planRound({ seed, lengthMs, setting }: Round): readonly Step[] {
  const random = createRandom(seed);
  const faults = soakFaults(setting).map(({ name }) => name);
  const within = ([least, most]: Span): number => Math.round(least + random() * (most - least));
  const pick = <T>(items: readonly T[]): T | undefined => items[Math.floor(random() * items.length)];
  const pods = planPods(lengthMs, { within, pick, pace: PACE[setting.provider] });
  return [...pods, ...planFaults(faults, lengthMs, { within, pick })].toSorted((one, other) => one.atMs - other.atMs);
}

interface Chance {
  readonly within: (span: Span) => number;
  readonly pick: <T>(items: readonly T[]) => T | undefined;
}

function* planPods(lengthMs: number, { within, pick, pace }: Chance & { readonly pace: number }): Generator<Step> {
  const names = Object.keys(FATES) as FateName[];
  let count = 0;
  for (let atMs = 0; atMs < lengthMs; atMs += Math.round(pace * within(BETWEEN_PODS))) {
    const fate = pick(names) ?? "forever";
    const pod = `${fate}-${count++}`;
    yield { kind: "create", atMs, pod, fate };
    if (FATES[fate].codes !== undefined) continue; // ends by itself
    if (fate === "changes") yield { kind: "update", atMs: atMs + within(UPDATE_AFTER), pod };
    yield { kind: "delete", atMs: atMs + within(DELETE_AFTER), pod, isForced: fate === "forced" };
  }
}

function* planFaults(names: readonly string[], lengthMs: number, { within, pick }: Chance): Generator<Step> {
  for (let atMs = within(BETWEEN_FAULTS); atMs < lengthMs - LAST_FAULT_MS; atMs += within(BETWEEN_FAULTS)) {
    const fault = pick(names) ?? "";
    yield { kind: "strike", atMs, fault };
    atMs += within(LASTING);
    yield { kind: "heal", atMs, fault };
  }
}
