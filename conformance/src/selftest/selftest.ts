/** Runs each mutant: the suite must see it by a check of its own clause, with its own code, and without being wrong itself. */
import path from "node:path";
import { CHECKS } from "../checks/index.js";
import type { Check } from "../suite/check.js";
import { MONITORED } from "../suite/monitors.js";
import type { Result } from "../suite/outcome.js";
import { runChecks } from "../suite/run.js";
import { World } from "../suite/world.js";
import type { Mutant } from "./mutant.js";
import { openProxy } from "./proxy.js";
import type { Rule } from "./rule.js";
import type { Variant } from "./variants.js";

/** What came of a mutant. */
export interface Kill {
  readonly mutant: string;
  readonly clause: string;
  readonly fault: string;
  readonly outcome: "killed" | "wrong-reason" | "survived" | "not-applicable" | "harness-error";
  /** Failed checks with their codes. */
  readonly failed: readonly string[];
}

/** Waits are short here: the provider is at hand, and most mutants are seen by waiting in vain. */
const SCALE = 0.1;

/** Mutants may let a handshake with a much higher number through. */
const FENCING_STEP = 200n;

/** With what a mutant is tried. */
export interface Trying {
  /** Where the proxy's socket is made; private. */
  readonly folder: string;
  readonly signal: AbortSignal;
  /** Default: every check. */
  readonly checks?: readonly Check[];
  /** Of the waits. Default: short ones, for a provider that is at hand. */
  readonly scale?: number;
}

/** Tries one mutant in front of the provider of a world. */
export async function tryMutant(upstream: World, mutant: Mutant, trying: Trying): Promise<Kill> {
  try {
    const checks = checksOf(mutant, trying.checks ?? CHECKS);
    return judge(mutant, await runThrough(upstream, mutant.rule(), trying, checks));
  } catch (error) {
    return { ...facts(mutant), outcome: "harness-error", failed: [textOf(error)] };
  }
}

/** What came of a variant: the failures, none where it passed. */
export interface Acceptance {
  readonly variant: string;
  readonly text: string;
  readonly failed: readonly string[];
}

/** Tries a variant with every check that needs no process of its own: none may fail. */
export async function tryVariant(upstream: World, { id, text, rule }: Variant, trying: Trying): Promise<Acceptance> {
  try {
    const checks = (trying.checks ?? CHECKS).filter(({ needs }) => !needs.includes("launch"));
    const results = await runThrough(upstream, rule(), trying, checks);
    const bad = results.filter(({ outcome }) => outcome === "fail" || outcome === "harness-error");
    return { variant: id, text, failed: bad.map((each) => `${each.id} (${each.code}) ${each.message}`) };
  } catch (error) {
    return { variant: id, text, failed: [textOf(error)] };
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

// oxlint-disable-next-line max-params -- what runs, through what, in front of whom
async function runThrough(
  upstream: World,
  rule: Rule,
  { folder, signal, scale = SCALE }: Trying,
  checks: readonly Check[],
): Promise<readonly Result[]> {
  const address = { kind: "unix", path: path.join(folder, "m.sock") } as const;
  const channel = upstream.openChannel();
  const proxy = await openProxy(channel, address, rule);
  const { kit, clusterId, nodeName } = upstream.options;
  const world = new World({ address, kit, clusterId, nodeName, scale });
  world.fencing = upstream.fencing + FENCING_STEP;
  upstream.fencing = world.fencing + FENCING_STEP;
  try {
    await world.takeSession(signal);
    world.hasControl = upstream.hasControl;
    const plan = { checks, parallel: 4, seed: 1, bail: false, isWhole: false, onResult: () => {} };
    return await runChecks(world, plan, signal);
  } finally {
    world.close();
    await proxy.close();
    channel[Symbol.dispose]();
  }
}

function checksOf({ clause, drive }: Mutant, checks: readonly Check[]): readonly Check[] {
  const wanted =
    drive.length > 0
      ? checks.filter(({ id }) => drive.includes(id))
      : checks.filter((check) => check.clause === clause);
  return wanted.filter(({ needs }) => !needs.includes("launch"));
}

function facts({ id, clause, fault }: Mutant): Pick<Kill, "mutant" | "clause" | "fault"> {
  return { mutant: id, clause, fault };
}

/** Strict: own clause, own code, no error of the suite. */
export function judge(mutant: Mutant, results: readonly Result[]): Kill {
  const failed = results.filter(({ outcome }) => outcome === "fail");
  const texts = failed.map(({ id, code, message }) => `${id} (${code}) ${message}`);
  const errors = results.filter(({ outcome }) => outcome === "harness-error");
  if (errors.length > 0)
    return { ...facts(mutant), outcome: "harness-error", failed: errors.map(({ id, message }) => `${id} ${message}`) };
  const own = failed.filter(({ clause, code }) => clause === mutant.clause && code === mutant.code);
  if (own.length > 0) return { ...facts(mutant), outcome: "killed", failed: texts };
  if (failed.length > 0) return { ...facts(mutant), outcome: "wrong-reason", failed: texts };
  const tried = results.filter(({ clause, outcome }) => clause === mutant.clause && outcome === "pass");
  const isMonitored = MONITORED.some((each) => each === mutant.clause);
  const outcome =
    tried.length === 0 &&
    !isMonitored &&
    mutant.drive.length === 0 &&
    results.some((each) => each.outcome === "not-applicable")
      ? "not-applicable"
      : "survived";
  return { ...facts(mutant), outcome, failed: [] };
}
