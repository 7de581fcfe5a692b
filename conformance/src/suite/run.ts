/** Runs checks: in seeded order, some beside each other, the exclusive ones alone at the end; every end is an outcome. */
import { capabilityOf, featureOf, isStatusError } from "@outboard/contract";
import { clauseOf } from "../clauses/registry.js";
import type { Clause } from "../clauses/clause.js";
import { DECLARED_ONLY } from "../clauses/declared-only.js";
import type { Check, Need } from "./check.js";
import { ClauseFailure, NotTestable } from "./failure.js";
import type { Command, Kit } from "./kit.js";
import { MONITORED } from "./monitors.js";
import type { Result } from "./outcome.js";
import { pause, timeLimit } from "./pause.js";
import { codeText } from "./status-text.js";
import { Trial } from "./trial.js";
import { Unreachable, type World } from "./world.js";

/** What to run and how. */
export interface RunPlan {
  readonly checks: readonly Check[];
  readonly parallel: number;
  readonly seed: number;
  /** Stops at the first failure. */
  readonly bail: boolean;
  /** True when every check runs: then every monitor must have seen something. */
  readonly isWhole: boolean;
  readonly onResult: (result: Result) => void;
}

/** The last resort; on a busy machine waits alone may take minutes. */
const CHECK_LIMIT_MS = 600_000;
const CLEAN_LIMIT_MS = 60_000;
/** A connection may break a moment before the end of the process is known. */
const DEATH_NOTICE_MS = 400;
const SILENT_MS = 10_000;
const SILENCE: ReadonlySet<string> = new Set(["UNAVAILABLE", "DEADLINE_EXCEEDED"]);

/** Runs a plan to its end; never rejects because of the provider. */
export async function runChecks(world: World, plan: RunPlan, signal: AbortSignal): Promise<readonly Result[]> {
  const runner = new Runner(world, plan, signal);
  const order = shuffle(plan.checks, plan.seed);
  await runner.runBeside(order.filter(({ isAlone }) => !isAlone));
  await runner.runAlone(order.filter(({ isAlone }) => isAlone));
  runner.closeWith(order);
  return runner.results;
}

class Runner {
  readonly results: Result[] = [];
  readonly #world: World;
  readonly #plan: RunPlan;
  readonly #signal: AbortSignal;
  /** Why nothing more is run. */
  #over: string | undefined;
  /** The provider did not come back: nothing can be cleaned up. */
  #isGone = false;
  #mending: Promise<void> | undefined;

  constructor(world: World, plan: RunPlan, signal: AbortSignal) {
    this.#world = world;
    this.#plan = plan;
    this.#signal = signal;
  }

  async runBeside(checks: readonly Check[]): Promise<void> {
    const queue = [...checks];
    const work = async () => {
      for (let next = queue.shift(); next !== undefined && !this.#isOver; next = queue.shift()) await this.#run(next);
    };
    await Promise.all(Array.from({ length: Math.max(1, this.#plan.parallel) }, work));
  }

  async runAlone(checks: readonly Check[]): Promise<void> {
    for (const check of checks) {
      if (this.#isOver) return;
      await this.#run(check);
      await this.#mend();
    }
  }

  /** Adds what did not run, and what the monitors found. */
  closeWith(checks: readonly Check[]): void {
    const seen = new Set(this.results.map(({ id }) => id));
    for (const check of checks.filter(({ id }) => !seen.has(id))) {
      this.#add(check, { outcome: "not-run", message: this.#over ?? "the run was interrupted" });
    }
    for (const clause of MONITORED) this.#addMonitor(clause);
    if (this.#plan.isWhole) for (const result of this.#declaredOnly()) this.#keep(result);
  }

  get #isOver(): boolean {
    return this.#over !== undefined || this.#signal.aborted;
  }

  async #run(check: Check): Promise<void> {
    const reason = whyNot(check.needs, this.#world);
    if (reason !== undefined) {
      this.#add(check, { outcome: "not-applicable", message: reason });
      return;
    }
    const clause = clauseOf(check.clause);
    if (clause === undefined) throw new Error(`${check.id} names no clause`);
    await this.#mending;
    const limit = timeLimit(CHECK_LIMIT_MS * Math.max(1, this.#world.options.scale));
    const lost = this.#world.options.process?.lost ?? new AbortController().signal;
    const trial = new Trial(this.#world, clause, AbortSignal.any([this.#signal, limit, lost]));
    const since = performance.now();
    const seen = this.#excused(clause, await judge(check, trial, limit, this.#signal));
    const death = seen.outcome === "fail" ? await this.#deathSeen(check, seen, lost) : undefined;
    const end = death === undefined ? seen : { ...seen, code: "crash", message: death };
    if (death !== undefined) await this.#mend();
    const cleaning = timeLimit(CLEAN_LIMIT_MS * this.#world.load.factorSince(since)); // an interrupted run cleans up too
    const left = this.#isGone ? [] : await trial.clean(cleaning);
    this.#world.leaks.push(...left.map((leak) => ({ ...leak, check: check.id })));
    const durationMs = Math.round(performance.now() - since);
    const { trace, used, pods } = trial;
    this.#add(check, { ...end, durationMs, trace, used, pods });
    if (end.outcome === "fail" && this.#plan.bail) this.#over = `stopped after ${check.id} (--bail)`;
  }

  /** Bounds that the provider names stand for a proof that its platform cannot give; what is honoured must be proven. */
  #excused({ feature }: Clause, end: Ending): Ending {
    const text = feature === undefined ? undefined : this.#world.limitOf(feature);
    if (end.outcome !== "not-testable" || text === undefined) return end;
    return { ...end, outcome: "not-applicable", message: `${end.message}; the provider's own limit: ${text}` };
  }

  /** What the provider declares and nobody can prove, with the reason. */
  #declaredOnly(): readonly Result[] {
    return Object.entries(DECLARED_ONLY).flatMap(([id, reason]) => {
      const row = featureOf(id);
      if (row === undefined || !this.#world.honours(row.id)) return [];
      const clause = `FEAT-${row.id}`;
      const base = { code: "", durationMs: 0, trace: [], used: 0, level: "MUST", outcome: "not-applicable" } as const;
      return [{ ...base, id: `${clause}/declared-only`, clause, title: row.text, message: `declared only: ${reason}` }];
    });
  }

  /** A check during which the provider died or fell silent has failed by that, whatever it saw of it. */
  async #deathSeen({ needs }: Check, { code }: Ending, lost: AbortSignal): Promise<string | undefined> {
    if (this.#world.options.process !== undefined && !lost.aborted) await pause(DEATH_NOTICE_MS, lost).catch(() => {});
    if (lost.aborted) return (lost.reason as Error).message;
    if (code !== "unreachable" && code !== "late") return undefined;
    if (needs.includes("launch")) return undefined; // it ends the process itself
    return (await this.#answers()) ? undefined : "the provider does not answer any more";
  }

  /** True when anything comes back, be it a refusal. */
  async #answers(): Promise<boolean> {
    const { node } = this.#world.clients(() => {});
    const options = { ...this.#world.call(this.#signal), deadlineMs: SILENT_MS };
    return await node.getNode({}, options).then(
      () => true,
      (error: unknown) => isStatusError(error) && !SILENCE.has(codeText(error)),
    );
  }

  /** Brings provider and session back, once for all checks that saw the death; where that fails, nothing more is run. */
  async #mend(): Promise<void> {
    this.#mending ??= this.#bringBack().finally(() => {
      this.#mending = undefined;
    });
    await this.#mending;
  }

  async #bringBack(): Promise<void> {
    const { process } = this.#world.options;
    if (process?.hasEnded === true) process.start();
    try {
      this.#world.reconnect();
      await this.#world.takeSession(this.#signal);
    } catch (error) {
      this.#over = error instanceof Error ? error.message : String(error);
      this.#isGone = !this.#signal.aborted;
    }
  }

  #add(check: Check, end: Partial<Result> & Pick<Result, "outcome">): void {
    const level = clauseOf(check.clause)?.level ?? "MUST";
    const base = { code: "", message: "", durationMs: 0, trace: [], used: 0 };
    this.#keep({ id: check.id, clause: check.clause, level, title: check.title, ...base, ...end });
  }

  #keep(result: Result): void {
    this.results.push(result);
    this.#plan.onResult(result);
  }

  /** In a whole run a rule that nothing was held to is unproven, unless it belongs to what is not declared. */
  #unseen({ area, capability, feature }: Clause): Pick<Result, "outcome" | "message"> {
    if (area === "EVENT") return { outcome: "not-applicable", message: "the provider sent no events; none is owed" };
    const needs: readonly Need[] = [
      ...(capability === undefined ? [] : [capability]),
      ...(feature === undefined ? [] : [`feature:${feature}` as const]),
    ];
    const reason = whyNot(needs, this.#world);
    if (reason !== undefined) return { outcome: "not-applicable", message: reason };
    return { outcome: "not-testable", message: "nothing of the kind was seen in the whole run" };
  }

  #addMonitor(clauseId: (typeof MONITORED)[number]): void {
    const clause = clauseOf(clauseId);
    if (clause === undefined) throw new Error(`monitor ${clauseId} names no clause`);
    const found = this.#world.monitors.findings.filter((finding) => finding.clause === clauseId);
    const check: Check = {
      id: `${clauseId}/monitor`,
      clause: clauseId,
      title: clause.text,
      needs: [],
      isAlone: false,
      run: async () => {},
    };
    const [first] = found;
    if (first !== undefined) {
      const more = found.length > 1 ? ` (and ${found.length - 1} more)` : "";
      this.#add(check, { outcome: "fail", code: first.code, message: first.message + more });
    } else if (this.#world.monitors.isExercised(clauseId)) this.#add(check, { outcome: "pass" });
    else if (this.#plan.isWhole && !this.#isOver) this.#add(check, this.#unseen(clause));
  }
}

type Ending = Pick<Result, "outcome" | "code" | "message">;

async function judge(check: Check, trial: Trial, limit: AbortSignal, run: AbortSignal): Promise<Ending> {
  try {
    await Promise.race([check.run(trial), aborted(trial.signal)]);
    return { outcome: "pass", code: "", message: "" };
  } catch (error) {
    if (error instanceof ClauseFailure) return { outcome: "fail", code: error.code, message: error.message };
    if (error instanceof NotTestable) return { outcome: "not-testable", code: "", message: error.message };
    if (run.aborted) return { outcome: "not-run", code: "", message: "the run was interrupted" };
    if (trial.signal.aborted && !limit.aborted) return { outcome: "fail", code: "crash", message: "the provider died" };
    if (limit.aborted) return { outcome: "fail", code: "late", message: "the check took longer than any may" };
    if (error instanceof Unreachable) return { outcome: "fail", code: "unreachable", message: whyGone(error, trial) };
    if (isStatusError(error)) return unexpectedStatus(codeText(error), error.message);
    return {
      outcome: "harness-error",
      code: "",
      message: error instanceof Error ? (error.stack ?? error.message) : String(error),
    };
  }
}

/** The end of the process says more than that nobody is there. */
function whyGone(error: Unreachable, { world }: Trial): string {
  const end: unknown = world.options.process?.lost.reason;
  return end instanceof Error ? end.message : error.message;
}

/** Rejects at the abort: a call that does not heed the signal must not hold the run. */
async function aborted(signal: AbortSignal): Promise<never> {
  const over = Promise.withResolvers<never>();
  const stop = (): void => over.reject(new Error("the check was stopped"));
  if (signal.aborted) stop();
  else signal.addEventListener("abort", stop, { once: true });
  return await over.promise;
}

function unexpectedStatus(text: string, message: string): Ending {
  const code = text === "UNAVAILABLE" ? "unreachable" : text === "DEADLINE_EXCEEDED" ? "late" : "refused";
  return { outcome: "fail", code, message: `a call that must succeed failed with ${text}: ${message}` };
}

/** Why a check does not apply; undefined where it does. */
export function whyNot(needs: readonly Need[], world: World): string | undefined {
  for (const need of needs) {
    const reason = missing(need, world);
    if (reason !== undefined) return reason;
  }
  return undefined;
}

function missing(need: Need, world: World): string | undefined {
  if (need === "launch") return world.options.process === undefined ? "needs --launch" : undefined;
  if (need === "control") return world.hasControl ? undefined : "the provider serves no control service";
  if (need === "unix") return world.options.address.kind === "unix" ? undefined : "the endpoint is no UNIX socket";
  if (need.startsWith("feature:")) {
    const feature = need.slice("feature:".length) as Parameters<World["honours"]>[0];
    return world.honours(feature) ? undefined : `feature ${feature} is not declared`;
  }
  if (need.startsWith("command:")) return missingCommand(need.slice("command:".length) as Command, world.kit);
  const isNegative = need.startsWith("no:");
  const id = isNegative ? need.slice("no:".length) : need;
  const capability = capabilityOf(id);
  if (capability === undefined) throw new Error(`there is no capability ${id}`);
  if (world.declares(capability.id) === isNegative) return `${id} is ${isNegative ? "" : "not "}declared`;
  return undefined;
}

function missingCommand(command: Command, kit: Kit): string | undefined {
  return kit.hasCommand(command) ? undefined : `the kit "${kit.name}" has no command "${command}"`;
}

/** Order by seed, so that a run can be repeated as it was. */
export function shuffle<T>(items: readonly T[], seed: number): readonly T[] {
  const list = [...items];
  let state = seed >>> 0;
  const next = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  for (let at = list.length - 1; at > 0; at -= 1) {
    const other = Math.floor(next() * (at + 1));
    const [a, b] = [list[at], list[other]];
    if (a !== undefined && b !== undefined) [list[at], list[other]] = [b, a];
  }
  return list;
}
