// `npm run bench -- create`: what pods cost the gateway, its provider and the API server; `npm run bench -- streams`: how
// exec, port-forward and logs do beside a real kubelet; `npm run bench -- start`: created to Running beside the bare runtime;
// `npm run bench -- burst`: many pods at once beside virtual-kubelet.
// `npm run bench -- budget`: who is served first when requests are few.
// Exit 0: measured; 1: failed; 2: wrong command line.

import { readFileSync, writeFileSync } from "node:fs";
import { DevclusterError } from "@outboard/devcluster";
import { runBudgetBench } from "./budget/budget-bench.js";
import { BUDGET_USAGE, type BudgetOptions, readBudgetOptions } from "./budget/options.js";
import { toTable as toBudgetTable } from "./budget/report.js";
import { runBurstBench } from "./burst/burst-bench.js";
import { BURST_USAGE, type BurstOptions, readBurstOptions } from "./burst/options.js";
import { toPage } from "./burst/page.js";
import { toText } from "./burst/report.js";
import { type CpuProfile, topFunctions } from "./cpu-profile.js";
import { type RunContext, runCreateBench } from "./create-bench.js";
import { type BenchOptions, readOptions, USAGE, UsageError } from "./options.js";
import { profileFile } from "./programs.js";
import { toTable } from "./report.js";
import { enterStartBench } from "./start/enter.js";
import { START_USAGE } from "./start/options.js";
import { readStreamOptions, STREAMS_USAGE, type StreamOptions } from "./streams/options.js";
import { toTable as toStreamsTable } from "./streams/report.js";
import { runStreamsBench } from "./streams/streams-bench.js";

const TOP_FUNCTIONS = 15;
const USAGES: Readonly<Record<string, string>> = {
  create: USAGE,
  burst: BURST_USAGE,
  budget: BUDGET_USAGE,
  streams: STREAMS_USAGE,
  start: START_USAGE,
};

process.exitCode = await main(process.argv.slice(2));

async function main([command, ...words]: readonly string[]): Promise<number> {
  if (command === "--help" || words.includes("--help")) {
    const usages = Object.entries(USAGES).filter(([name]) => !Object.hasOwn(USAGES, command ?? "") || name === command);
    console.log(usages.map(([, usage]) => usage).join("\n\n"));
    return 0;
  }
  const interrupted = interruptSignal();
  try {
    return await run(command, words, interrupted);
  } catch (error) {
    if (interrupted.aborted) {
      console.error("bench: interrupted; everything it started is stopped");
      return 1;
    }
    console.error(`bench: ${explain(error)}`);
    return error instanceof UsageError ? 2 : 1;
  }
}

async function run(command: string | undefined, words: readonly string[], signal: AbortSignal): Promise<number> {
  const report = (line: string): void => console.error(`bench: ${line}`);
  if (command === "start") return enterStartBench(words, { report, signal });
  if (command === "create") await create(readOptions(words), { report, signal });
  else if (command === "burst") await burst(readBurstOptions(words), { report, signal });
  else if (command === "budget") await budget(readBudgetOptions(words), { report, signal });
  else if (command === "streams") await streams(readStreamOptions(words), { report, signal });
  else throw new UsageError(`unknown benchmark "${command ?? ""}": there are ${Object.keys(USAGES).join(", ")}`);
  return 0;
}

async function burst(options: BurstOptions, context: RunContext): Promise<void> {
  const figures = await runBurstBench(options, context);
  for (const line of ["", ...toText(figures)]) console.log(line);
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(figures, undefined, 2)}\n`);
  if (options.html !== undefined) writeFileSync(options.html, toPage(figures));
}

async function budget(options: BudgetOptions, context: RunContext): Promise<void> {
  for (const line of ["", ...toBudgetTable(await runBudgetBench(options, context))]) console.log(line);
}

async function streams(options: StreamOptions, context: RunContext): Promise<void> {
  const figures = await runStreamsBench(options, context);
  for (const line of ["", ...toStreamsTable(figures)]) console.log(line);
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(figures, undefined, 2)}\n`);
}

async function create(options: BenchOptions, context: RunContext): Promise<void> {
  const figures = await runCreateBench(options, context);
  for (const line of ["", ...toTable(figures)]) console.log(line);
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(figures, undefined, 2)}\n`);
  if (options.cpuProf !== undefined) for (const line of profileLines(options.cpuProf)) console.log(line);
}

function profileLines(folder: string): string[] {
  return ["gateway", "provider"].flatMap((name) => {
    const profile = JSON.parse(readFileSync(profileFile(folder, name), "utf8")) as CpuProfile;
    const lines = topFunctions(profile, TOP_FUNCTIONS).map(
      ({ where, ms, share }) => `${ms.toFixed(0).padStart(8)} ms ${(share * 100).toFixed(1).padStart(5)} %  ${where}`,
    );
    return ["", `${name}: self time over its whole life`, ...lines];
  });
}

function explain(error: unknown): string {
  if (error instanceof UsageError || error instanceof DevclusterError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function interruptSignal(): AbortSignal {
  const controller = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => controller.abort());
  return controller.signal;
}
