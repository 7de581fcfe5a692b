/** Runs mutants, which the suite must see, and variants, which it must let pass. */
import path from "node:path";
import type { OpenWorld } from "../cli/open-world.js";
import type { Check } from "../suite/check.js";
import type { Result } from "../suite/outcome.js";
import { runChecks } from "../suite/run.js";
import { World } from "../suite/world.js";
import { judge, kill, type Kill, lineOf } from "./kill.js";
import type { Launch } from "./launch.js";
import type { Mutant } from "./mutant.js";
import { openProxy } from "./proxy.js";
import type { Variant } from "./variants.js";

/** Waits are short here: the provider is at hand, and most mutants are seen by waiting in vain. */
const SCALE = 0.1;
/** A provider that is started has more time. */
const LAUNCH_SCALE = 0.3;
const PARALLEL = 4;
const END_LIMIT_MS = 15_000;

/** Mutants may let a handshake with a much higher number through. */
const FENCING_STEP = 200n;

/** With what mutants and variants are tried. */
export interface Trying {
  /** The provider as it is. */
  readonly upstream: World;
  /** Where sockets are made; private. */
  readonly folder: string;
  readonly signal: AbortSignal;
  readonly checks: readonly Check[];
  /** Ids of checks, monitors too, that are left out. */
  readonly disabled: ReadonlySet<string>;
  /** Tries every check on each mutant, not only those of its clause. */
  readonly isBroad?: boolean;
  /** Launches the provider in another way; undefined where that cannot be done here. */
  readonly open: (launch: Launch, scale: number) => Promise<OpenWorld | undefined>;
}

/** What came of a variant: the failures, none where it passed. */
export interface Acceptance {
  readonly variant: string;
  readonly text: string;
  readonly outcome: "passed" | "refused" | "not-applicable";
  readonly failed: readonly string[];
  /** Checks that passed. */
  readonly passed: number;
}

/** Tries one mutant. */
export async function tryMutant(mutant: Mutant, trying: Trying): Promise<Kill> {
  const all = checksOf(mutant, trying);
  const checks = all.filter(({ id }) => !trying.disabled.has(id));
  if (checks.length < all.length && checks.length === 0) return kill(mutant, "survived"); // nobody is left to see it
  const { launch } = mutant;
  const isSlow = checks.some(({ needs }) => needs.includes("launch"));
  const { pace } = trying.upstream.kit;
  const scale = Math.min(1, (launch !== undefined || isSlow ? LAUNCH_SCALE : SCALE) * pace);
  const run = async (world: World) => await runOnce(world, checks, trying.signal);
  try {
    const results =
      launch === undefined
        ? await throughProxy(trying, mutant, scale, run)
        : await launched(trying, launch, scale, run);
    if (results === undefined) return kill(mutant, "not-applicable");
    const seen = results.filter(({ id }) => !trying.disabled.has(id));
    return judge(mutant, seen, checks.length === all.length);
  } catch (error) {
    return kill(mutant, "harness-error", [textOf(error)]);
  }
}

/** Tries a variant with every check: none may fail. */
export async function tryVariant(variant: Variant, trying: Trying): Promise<Acceptance> {
  const { id, text, launch, parts = 1, beside } = variant;
  const { scale } = trying.upstream.options;
  const run = async (world: World): Promise<readonly Result[]> => {
    const ending = new AbortController();
    const others = beside?.(world, AbortSignal.any([ending.signal, trying.signal]));
    try {
      return await inParts(world, trying, variant);
    } finally {
      ending.abort();
      await others;
    }
  };
  try {
    const isHere = launch !== undefined || parts === 1 || trying.upstream.options.process !== undefined;
    if (!isHere) return { variant: id, text, outcome: "not-applicable", failed: [], passed: 0 };
    const results =
      launch === undefined
        ? await throughProxy(trying, variant, scale, run)
        : await launched(trying, launch, scale, run);
    if (results === undefined) return { variant: id, text, outcome: "not-applicable", failed: [], passed: 0 };
    const failed = results.filter(({ outcome }) => outcome === "fail" || outcome === "harness-error").map(lineOf);
    const passed = results.filter(({ outcome }) => outcome === "pass").length;
    if (passed === 0) failed.push("no check passed");
    return { variant: id, text, outcome: failed.length === 0 ? "passed" : "refused", failed, passed };
  } catch (error) {
    return { variant: id, text, outcome: "refused", failed: [textOf(error)], passed: 0 };
  }
}

/** The checks that a mutant is tried with. */
export function checksOf(
  { clause, drive }: Mutant,
  { checks, isBroad }: Pick<Trying, "checks" | "isBroad">,
): readonly Check[] {
  if (isBroad === true) return checks;
  return drive.length > 0
    ? checks.filter(({ id }) => drive.includes(id))
    : checks.filter((check) => check.clause === clause);
}

async function inParts(
  world: World,
  { checks: all, signal }: Trying,
  { parts = 1, parallel, leavesOut }: Variant,
): Promise<readonly Result[]> {
  const checks = all.filter(({ id }) => id !== leavesOut);
  const size = Math.ceil(checks.length / parts);
  const results: Result[] = [];
  for (let part = 0; part < parts; part += 1) {
    if (part > 0) await startAnew(world, signal);
    results.push(...(await runOnce(world, checks.slice(part * size, (part + 1) * size), signal, parallel)));
  }
  return results;
}

async function startAnew(world: World, signal: AbortSignal): Promise<void> {
  await world.options.process?.end("SIGTERM", END_LIMIT_MS);
  world.options.process?.start();
  world.reconnect();
  await world.takeSession(signal);
}

async function runOnce(
  world: World,
  checks: readonly Check[],
  signal: AbortSignal,
  parallel: number = PARALLEL,
): Promise<readonly Result[]> {
  const plan = { checks, parallel, seed: 1, bail: false, isWhole: false, onResult: () => {} };
  return await runChecks(world, plan, signal);
}

type Run = (world: World) => Promise<readonly Result[]>;

async function launched(
  { open }: Trying,
  launch: Launch,
  scale: number,
  run: Run,
): Promise<readonly Result[] | undefined> {
  await using opened = await open(launch, scale);
  return opened === undefined ? undefined : await run(opened.world);
}

async function throughProxy(
  { upstream, folder, signal }: Trying,
  { rule, connectionAgeMs }: Pick<Variant, "rule" | "connectionAgeMs">,
  scale: number,
  run: Run,
): Promise<readonly Result[]> {
  const address = { kind: "unix", path: path.join(folder, "m.sock") } as const;
  const channel = upstream.openChannel();
  const proxy = await openProxy(channel, address, rule?.() ?? ((input, { next }) => next(input)), connectionAgeMs);
  const { security: _, ...options } = upstream.options;
  const world = new World({ ...options, address, scale });
  world.fencing = upstream.fencing + FENCING_STEP;
  upstream.fencing = world.fencing + FENCING_STEP;
  try {
    await world.takeSession(signal);
    world.hasControl = upstream.hasControl;
    return await run(world);
  } finally {
    world.close();
    await proxy.close();
    channel[Symbol.dispose]();
    if (options.process?.hasEnded === true) options.process.start();
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
