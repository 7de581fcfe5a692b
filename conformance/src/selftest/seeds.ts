/** The hunt for flakes: the provider as it is, judged again and again in another order. No failure is right. */
import type { RunArguments } from "../cli/arguments.js";
import { selectChecks } from "../cli/select.js";
import type { Result } from "../suite/outcome.js";
import { runChecks } from "../suite/run.js";
import type { SelftestFlags } from "./flags.js";
import { lineOf } from "./kill.js";
import { inLanes, withLanes } from "./lanes.js";

const RED: readonly Result["outcome"][] = ["fail", "harness-error", "not-run"];

/** What a hunt needs. */
export interface Hunt {
  readonly args: RunArguments;
  readonly flags: Pick<SelftestFlags, "seeds" | "lanes">;
  readonly folder: string;
  readonly signal: AbortSignal;
  readonly print: (text: string) => void;
}

/** Runs the selected checks with so many seeds, from that of the arguments upwards; true where none was red. */
export async function runSeeds({ args, flags, folder, signal, print }: Hunt): Promise<boolean> {
  const checks = selectChecks(args);
  const seeds = Array.from({ length: flags.seeds }, (_, at) => args.seed + at);
  let [green, red] = [0, 0];
  await withLanes(args, folder, Math.min(flags.lanes, seeds.length), signal, async (lanes) => {
    await inLanes(lanes, seeds, signal, async (seed, { world }) => {
      const plan = { checks, parallel: args.parallel, seed, bail: false, isWhole: false, onResult: () => {} };
      const results = await runChecks(world, plan, signal);
      const bad = results.filter(({ outcome }) => RED.includes(outcome));
      if (bad.length === 0) green += 1;
      else red += 1;
      for (const result of bad) print(`seed ${seed}: ${lineOf(result)}`);
      const tight = results.filter(({ outcome, used }) => outcome === "pass" && used > 0.8);
      if (args.isVerbose)
        for (const { id, used } of tight) print(`seed ${seed}: ${id} used ${Math.round(used * 100)} %`);
    });
  });
  print(`seeds passed ${green}/${green + red} (${checks.length} checks each, from seed ${args.seed})`);
  return red === 0 && green > 0;
}
