/** `list`, `explain`, `doctor` and `bench`: what the suite has, means, and can do here. */
import { CHECKS } from "../checks/index.js";
import { CLAUSES, clauseOf } from "../clauses/registry.js";
import { OPEN_CLAUSES } from "../clauses/open.js";
import { MUTANTS } from "../selftest/mutants.js";
import { MONITORED } from "../suite/monitors.js";
import { EXIT, type ExitCode } from "../suite/outcome.js";
import { whyNot } from "../suite/run.js";
import { type RunArguments, UsageError } from "./arguments.js";
import { openWorld } from "./open-world.js";
import type { Print } from "./run.js";
import { selectChecks } from "./select.js";

/** Every clause with its checks and mutants. */
export function listCommand(print: Print): ExitCode {
  for (const { id, level, observe, text } of CLAUSES) {
    const count = CHECKS.filter(({ clause }) => clause === id).length + (MONITORED.some((each) => each === id) ? 1 : 0);
    const mutants = MUTANTS.filter(({ clause }) => clause === id).length;
    print(`${id.padEnd(11)} ${level.padEnd(6)} ${observe.padEnd(12)} ${count} checks, ${mutants} mutants  ${text}`);
  }
  return EXIT.ok;
}

/** Exactly what a run would do with this provider. */
export async function listExpected(
  args: RunArguments,
  folder: string,
  signal: AbortSignal,
  print: Print,
): Promise<ExitCode> {
  await using opened = await openWorld(args, folder, signal);
  const { world } = opened;
  for (const check of selectChecks(args)) {
    const reason = whyNot(check.needs, world);
    print(reason === undefined ? `run  ${check.id}` : `no   ${check.id}: ${reason}`);
  }
  return EXIT.ok;
}

/** Everything about one clause. */
export function explainCommand(id: string | undefined, print: Print): ExitCode {
  const clause = id === undefined ? undefined : clauseOf(id);
  if (clause === undefined) throw new UsageError(`explain: there is no clause "${id ?? ""}"; see list`);
  print(`${clause.id}  ${clause.level}, for the ${clause.party}\n${clause.text}`);
  if (clause.capability !== undefined) print(`with capability ${clause.capability}`);
  if (clause.feature !== undefined) print(`with feature ${clause.feature}`);
  if (clause.limitMs !== undefined) print(`limit: ${clause.limitMs} ms`);
  if (clause.codes !== undefined) print(`refused with: ${clause.codes.join(" or ")}`);
  print(`seen: ${clause.observe}${clause.why === undefined ? "" : ` (${clause.why})`}`);
  for (const check of CHECKS.filter((each) => each.clause === clause.id)) print(`check   ${check.id}: ${check.title}`);
  if (MONITORED.some((each) => each === clause.id)) print(`check   ${clause.id}/monitor: over all traffic of a run`);
  for (const mutant of MUTANTS.filter((each) => each.clause === clause.id))
    print(`mutant  ${mutant.id}: ${mutant.fault}`);
  const open = OPEN_CLAUSES[clause.id];
  if (open !== undefined) print(`not judged yet: ${open}`);
  return EXIT.ok;
}

/** Says whether a run makes sense: reachable, ready, which behaviours the kit has. */
export async function doctorCommand(
  args: RunArguments,
  folder: string,
  signal: AbortSignal,
  print: Print,
): Promise<ExitCode> {
  await using opened = await openWorld(args, folder, signal);
  const { world } = opened;
  const { hello, kit, hasControl } = world;
  print(`reached ${hello.providerName} ${hello.providerVersion}, revision ${hello.revision}`);
  print(`${hello.capabilities.length} capabilities, ${hello.features.length} features`);
  const { node } = await world.clients(() => {}).node.getNode({}, world.call(signal));
  print(
    node === undefined ? "problem: GetNode has no node" : `node ${node.architecture}, ${node.containerRuntimeName}`,
  );
  print(
    `control service: ${hasControl ? "yes" : "no"} · launched by the suite: ${world.options.process === undefined ? "no" : "yes"}`,
  );
  print(`kit ${kit.name}: ${kit.behaviours.join(", ")}`);
  const checks = selectChecks(args);
  const applying = checks.filter(({ needs }) => whyNot(needs, world) === undefined);
  print(`${applying.length} of ${checks.length} checks apply`);
  return EXIT.ok;
}

/** Latencies of a few calls, as JSON; no part of any verdict. */
export async function benchCommand(
  args: RunArguments,
  folder: string,
  signal: AbortSignal,
  print: Print,
): Promise<ExitCode> {
  await using opened = await openWorld(args, folder, signal);
  const { world } = opened;
  const { node, pods } = world.clients(() => {});
  for (let count = 0; count < 200; count += 1) {
    await node.getNode({}, world.call(signal));
    await pods.getPod({ uid: "no-such-pod" }, world.call(signal)).catch(() => {});
  }
  const figures = [...world.latencies].map(([method, samples]) => {
    const sorted = [...samples].sort((one, two) => one - two);
    const at = (share: number) => Number((sorted[Math.floor((sorted.length - 1) * share)] ?? 0).toFixed(2));
    return { method, samples: sorted.length, p50Ms: at(0.5), p90Ms: at(0.9), p99Ms: at(0.99) };
  });
  print(JSON.stringify(figures, undefined, 2));
  return EXIT.ok;
}
