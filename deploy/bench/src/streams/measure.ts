// All loads on all targets. Targets take turns within a round, so that other work on the machine hurts them alike.

import { setTimeout as wait } from "node:timers/promises";
import { percentile, spreadOf } from "../percentiles.js";
import {
  type IdleFigures,
  RATES,
  type RateFigures,
  type RateName,
  type StartFigures,
  type TargetFigures,
} from "./figures.js";
import type { LoadClient } from "./load-client.js";
import type { StreamOptions } from "./options.js";
import type { Order, Outcome, StartTimes } from "./orders.js";
import { LOG_LINES } from "./shell-pod.js";
import { type Target, type TargetUsage, usageOf } from "./target.js";

export interface Measured {
  readonly target: Target;
  readonly client: LoadClient;
}

export interface MeasureContext {
  readonly options: StreamOptions;
  readonly report: (line: string) => void;
  readonly signal: AbortSignal;
}

interface Sample {
  readonly outcome: Outcome;
  readonly before: TargetUsage;
  readonly after: TargetUsage;
}

const MIB = 2 ** 20;
const AT_ONCE = 50;
/** All live lines of a run, so that no log file is rotated. */
const LIVE_LINES = 40_000;
const SETTLE_MS = 2_000;

export async function measureAll(measured: readonly Measured[], context: MeasureContext): Promise<TargetFigures[]> {
  const { starts } = context.options;
  const startsOf = (atOnce: number): Promise<Samples> =>
    takeTurns(`execs, ${atOnce} at once`, measured, context, ({ commands }) => ({
      kind: "starts",
      command: commands.start,
      count: Math.max(starts, atOnce === 1 ? 1 : AT_ONCE),
      atOnce,
    }));
  // First, as later loads leave memory behind that new sessions would use.
  const idle = new Map<Target, IdleFigures>();
  for (const each of measured) idle.set(each.target, await measureIdle(each, context));
  const one = await startsOf(1);
  const fifty = await startsOf(AT_ONCE);
  const rates = new Map<RateName, Samples>();
  for (const name of RATES) rates.set(name, await takeTurns(name, measured, context, rateOrder(name, context.options)));
  return measured.map(({ target }) => ({
    name: target.name,
    startsOne: toStarts(one.get(target) ?? []),
    startsFifty: toStarts(fifty.get(target) ?? []),
    rates: Object.fromEntries(RATES.flatMap((name) => toRate(name, rates.get(name)?.get(target) ?? []))),
    idle: idle.get(target) ?? { sessions: 0, frontKiB: Number.NaN },
  }));
}

type Samples = ReadonlyMap<Target, readonly Sample[]>;
type OrderOf = (target: Target) => Order | undefined;

/** One round that does not count, then the measured ones. */
async function takeTurns(
  what: string,
  measured: readonly Measured[],
  { options, report, signal }: MeasureContext,
  orderOf: OrderOf,
): Promise<Samples> {
  report(what);
  const samples = new Map<Target, Sample[]>();
  for (let round = 0; round <= options.rounds; round += 1) {
    for (const { target, client } of measured) {
      const order = orderOf(target);
      if (order === undefined) continue;
      target.check();
      const sample = await take(target, () => client.run(order, signal));
      if (round > 0) samples.set(target, [...(samples.get(target) ?? []), sample]);
    }
  }
  return samples;
}

async function take(target: Target, work: () => Promise<Outcome>): Promise<Sample> {
  const before = usageOf(target);
  const outcome = await work().catch((cause: unknown) => {
    throw new Error(`${target.name}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  });
  return { outcome, before, after: usageOf(target) };
}

function rateOrder(name: RateName, { mebibytes, rounds }: StreamOptions): OrderOf {
  const bytes = mebibytes * MIB;
  return ({ commands, echoPort }) => {
    switch (name) {
      case "exec-output":
        return { kind: name, command: commands.output(bytes), bytes };
      case "exec-input":
        return commands.input === undefined ? undefined : { kind: name, command: commands.input, bytes };
      case "forward-echo":
        return { kind: name, port: echoPort, bytes };
      case "logs":
        return { kind: name, lines: LOG_LINES };
      case "live-logs": {
        const lines = Math.floor(LIVE_LINES / (rounds + 1));
        return commands.writeLines && { kind: name, command: commands.writeLines(lines), lines };
      }
    }
  };
}

/** A few sessions before, so that what is needed once is there. */
async function measureIdle({ target, client }: Measured, context: MeasureContext): Promise<IdleFigures> {
  const { options, report, signal } = context;
  const sessions = Math.min(options.sessions, target.mostSessions);
  report(`${sessions} sessions that wait, ${target.name}`);
  const hold = (count: number): Promise<Outcome> =>
    client.run({ kind: "hold", command: target.commands.echo, count }, signal);
  const settled = async (): Promise<TargetUsage> => wait(SETTLE_MS, undefined, { signal }).then(() => usageOf(target));
  await hold(Math.min(sessions, 5));
  await client.run({ kind: "release" }, signal);
  const before = await settled();
  await hold(sessions);
  const after = await settled();
  await client.run({ kind: "release" }, signal);
  const perSession = (part: keyof TargetUsage): number =>
    (((after[part]?.rssMiB ?? Number.NaN) - (before[part]?.rssMiB ?? Number.NaN)) * 1024) / sessions;
  return {
    sessions,
    frontKiB: perSession("front"),
    ...(before.back === undefined ? {} : { backKiB: perSession("back") }),
  };
}

function toStarts(samples: readonly Sample[]): StartFigures {
  const times = samples.flatMap(({ outcome }) => outcome.starts ?? []);
  const spread = (key: keyof StartTimes): StartFigures["verdictMs"] => spreadOf(times.map((each) => each[key]));
  return { firstOutputMs: spread("firstMs"), verdictMs: spread("endMs") };
}

function toRate(name: RateName, samples: readonly Sample[]): (readonly [RateName, RateFigures])[] {
  if (samples.length === 0) return [];
  const perSecond = percentile(
    samples.map(({ outcome }) => (outcome.units / outcome.ms) * 1000),
    50,
  );
  const large = samples.reduce((sum, { outcome }) => sum + outcome.units, 0) / (name.endsWith("logs") ? 1e6 : 1e9);
  const spent = (part: keyof TargetUsage): number =>
    samples.reduce(
      (sum, { before, after }) => sum + (after[part]?.cpuSeconds ?? 0) - (before[part]?.cpuSeconds ?? 0),
      0,
    );
  const knowsBack = samples[0]?.before.back !== undefined;
  return [
    [name, { perSecond, frontCpu: spent("front") / large, ...(knowsBack ? { backCpu: spent("back") / large } : {}) }],
  ];
}
