/** `doctor`: can a run make sense here? Reached, ready, clock, and each behaviour of the kit tried once. No verdict. */
import { clauseOf } from "../clauses/registry.js";
import { ClauseFailure } from "../suite/failure.js";
import type { Behaviour } from "../suite/kit.js";
import { EXIT, type ExitCode } from "../suite/outcome.js";
import { whyNot } from "../suite/run.js";
import { Trial } from "../suite/trial.js";
import type { World } from "../suite/world.js";
import type { RunArguments } from "./arguments.js";
import type { Context } from "./context.js";
import { openWorld } from "./open-world.js";
import { selectChecks } from "./select.js";

const MAX_SKEW_MS = 5_000;
/** Behaviours that need nothing from a check to start. */
const TRIED: readonly Behaviour[] = [
  "pause",
  "exit",
  "print",
  "print-exit",
  "tick",
  "unique-line",
  "crash",
  "trap-term",
  "ignore-term",
  "stdin-echo",
  "silent",
];
const PARAMS = { ms: 2_000, code: 0, lines: 2 };

/** Runs it; exit code 5 when it found a problem. */
export async function doctorCommand(args: RunArguments, { folder, signal, print }: Context): Promise<ExitCode> {
  const checks = selectChecks(args);
  await using opened = await openWorld(args, folder, signal);
  const { world } = opened;
  const { hello, kit, hasControl } = world;
  print(`reached ${hello.providerName} ${hello.providerVersion}, revision ${hello.revision}`);
  print(`${hello.capabilities.length} capabilities, ${hello.features.length} features`);
  print(
    `control service: ${yesNo(hasControl)} · launched by the suite: ${yesNo(world.options.process !== undefined)} · connection: ${securityOf(args)}`,
  );
  const problems = [...(await nodeProblems(world, signal)), ...(await kitProblems(world, signal, print))];
  const applying = checks.filter(({ needs }) => whyNot(needs, world) === undefined);
  print(`${applying.length} of ${checks.length} checks apply with kit ${kit.name}`);
  for (const problem of problems) print(`problem: ${problem}`);
  return problems.length === 0 ? EXIT.ok : EXIT.inconclusive;
}

async function nodeProblems(world: World, signal: AbortSignal): Promise<readonly string[]> {
  const { node, inventoryComplete } = await world.clients(() => {}).node.getNode({}, world.call(signal));
  return [
    ...(node === undefined ? ["GetNode has no node"] : []),
    ...(inventoryComplete ? [] : ["the inventory is not complete: the provider does not know its backend yet"]),
  ];
}

/** Starts a pod of each behaviour that the kit has. A broken kit is found as that, not as a broken provider. */
async function kitProblems(world: World, signal: AbortSignal, print: Context["print"]): Promise<readonly string[]> {
  const problems: string[] = [];
  for (const behaviour of TRIED.filter((each) => world.kit.behaviours.includes(each))) {
    const problem = await behaviourProblem(world, behaviour, signal);
    print(`kit ${behaviour}: ${problem ?? "starts"}`);
    if (problem !== undefined) problems.push(`kit ${behaviour}: ${problem}`);
  }
  return problems;
}

async function behaviourProblem(world: World, behaviour: Behaviour, signal: AbortSignal): Promise<string | undefined> {
  const clause = clauseOf("CREATE-01");
  if (clause === undefined) throw new Error("there is no clause CREATE-01");
  const trial = new Trial(world, clause, signal);
  try {
    const pod = await trial.pod({ containers: [{ behaviour, params: PARAMS }] });
    const seen = await pod.until(`a container of behaviour ${behaviour} starts`, ({ containers }) =>
      containers.some(({ state }) => state?.$case === "running" || state?.$case === "terminated"),
    );
    const skew = Math.abs(Date.now() - (seen.observedAt?.getTime() ?? Date.now()));
    return skew > MAX_SKEW_MS ? `observed_at is ${Math.round(skew / 1000)} s off the suite's clock` : undefined;
  } catch (error) {
    if (signal.aborted || !(error instanceof Error)) throw error;
    return error instanceof ClauseFailure ? error.message : `does not start: ${error.message}`;
  } finally {
    await trial.clean(signal);
  }
}

function securityOf({ security, address }: RunArguments): string {
  if (security?.kind === "mtls") return "mutual TLS";
  return address.kind === "unix" ? "UNIX socket" : "without TLS";
}

function yesNo(is: boolean): string {
  return is ? "yes" : "no";
}
