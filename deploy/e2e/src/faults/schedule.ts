// What a soak does and when: a function of its seed, so that a failure can be played again. Pure.

import { FATES, type FateName } from "./fates.js";
import { createRandom } from "./random.js";
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

/** Those that go over one arena, one after the other. Watches that fall silent take minutes to be given up. */
export const SOAK_FAULTS: readonly Fault[] = FAULTS.filter(
  ({ setting, name, patienceMs }) =>
    setting.provider === "memory" && setting.link !== "tcp" && patienceMs === 0 && name !== "etcd compaction",
);

export function planSoak(seed: number, lengthMs: number): readonly Step[] {
  const random = createRandom(seed);
  const within = ([least, most]: Span): number => Math.round(least + random() * (most - least));
  const pick = <T>(items: readonly T[]): T | undefined => items[Math.floor(random() * items.length)];
  return [...planPods(lengthMs, within, pick), ...planFaults(lengthMs, within, pick)].toSorted(
    (one, other) => one.atMs - other.atMs,
  );
}

type Within = (span: Span) => number;
type Pick = <T>(items: readonly T[]) => T | undefined;

function* planPods(lengthMs: number, within: Within, pick: Pick): Generator<Step> {
  const names = Object.keys(FATES) as FateName[];
  let count = 0;
  for (let atMs = 0; atMs < lengthMs; atMs += within(BETWEEN_PODS)) {
    const fate = pick(names) ?? "forever";
    const pod = `${fate}-${count++}`;
    yield { kind: "create", atMs, pod, fate };
    if (FATES[fate].codes !== undefined) continue; // ends by itself
    if (fate === "changes") yield { kind: "update", atMs: atMs + within(UPDATE_AFTER), pod };
    yield { kind: "delete", atMs: atMs + within(DELETE_AFTER), pod, isForced: fate === "forced" };
  }
}

function* planFaults(lengthMs: number, within: Within, pick: Pick): Generator<Step> {
  for (let atMs = within(BETWEEN_FAULTS); atMs < lengthMs - LAST_FAULT_MS; atMs += within(BETWEEN_FAULTS)) {
    const fault = pick(SOAK_FAULTS)?.name ?? "";
    yield { kind: "strike", atMs, fault };
    atMs += within(LASTING);
    yield { kind: "heal", atMs, fault };
  }
}
