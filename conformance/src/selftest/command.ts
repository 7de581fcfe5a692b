/** `selftest`: every mutant in front of the given provider; prints the survivors and the score, writes the matrix. */
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { escape } from "../report/junit.js";
import { readRunArguments, UsageError } from "../cli/arguments.js";
import { openWorld } from "../cli/open-world.js";
import { CHECKS } from "../checks/index.js";
import { EXIT, type ExitCode } from "../suite/outcome.js";
import { MUTANTS } from "./mutants.js";
import { type Kill, tryMutant } from "./selftest.js";

/** Runs it. Flags beside those of run: --mutant ID (may repeat), --disable CHECK (may repeat). */
export async function selftestCommand(
  argv: readonly string[],
  folder: string,
  signal: AbortSignal,
  print: (text: string) => void,
): Promise<ExitCode> {
  const [ids, more] = take(argv, "--mutant");
  const [disabled, rest] = take(more, "--disable");
  const args = readRunArguments(rest, folder);
  const chosen = MUTANTS.filter(({ id, clause }) => ids.length === 0 || ids.includes(id) || ids.includes(clause));
  if (chosen.length === 0) throw new UsageError("--mutant matches nothing");
  const checks = CHECKS.filter(({ id, clause }) => !disabled.includes(id) && !disabled.includes(clause));
  const { world, close } = await openWorld(args, folder, signal);
  const kills: Kill[] = [];
  const since = Date.now();
  try {
    for (const mutant of chosen) {
      if (signal.aborted) break;
      const kill = await tryMutant(world, mutant, { folder, signal, checks });
      kills.push(kill);
      if (kill.outcome !== "killed" || args.isVerbose)
        print(`${kill.outcome.padEnd(14)} ${kill.mutant}: ${kill.failed.join("; ") || "no check failed"}`);
    }
  } finally {
    await close();
  }
  const applying = kills.filter(({ outcome }) => outcome !== "not-applicable");
  const killed = applying.filter(({ outcome }) => outcome === "killed");
  print(
    `killed ${killed.length}/${applying.length} in ${Math.round((Date.now() - since) / 1000)} s (${kills.length - applying.length} not applicable)`,
  );
  if (args.reportDir !== undefined) writeMatrix(args.reportDir, kills);
  if (signal.aborted) return EXIT.interrupted;
  return killed.length === applying.length && applying.length > 0 ? EXIT.ok : EXIT.nonConformant;
}

function take(argv: readonly string[], flag: string): readonly [readonly string[], readonly string[]] {
  const values: string[] = [];
  const rest: string[] = [];
  for (let at = 0; at < argv.length; at += 1) {
    if (argv[at] === flag) values.push(argv[(at += 1)] ?? "");
    else rest.push(argv[at] ?? "");
  }
  return [values, rest];
}

function writeMatrix(folder: string, kills: readonly Kill[]): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    path.join(folder, "kills.json"),
    `${JSON.stringify({ schema: "outboard-conformance-kills/v1", kills }, undefined, 2)}\n`,
  );
  const rows = kills.map(
    ({ mutant, clause, fault, outcome, failed }) =>
      `<tr><td>${clause}</td><td>${escape(mutant)}<br>${escape(fault)}</td><td>${outcome}</td><td>${failed.map(escape).join("<br>")}</td></tr>`,
  );
  writeFileSync(
    path.join(folder, "kills.html"),
    `<!doctype html><html lang="en"><meta charset="utf-8"><title>Kill matrix</title><style>body{font:14px system-ui}td{border-bottom:1px solid #ccc;padding:.3rem;vertical-align:top}</style><table>${rows.join("\n")}</table></html>\n`,
  );
}
