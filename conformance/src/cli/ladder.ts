/** `list --ladder`: how far each clause is proven, by the reports of runs and the kill matrices that are given. */
import { existsSync, readFileSync } from "node:fs";
import type { Report } from "../report/report.js";
import { type Evidence, ladderText } from "../selftest/ladder.js";
import { EXIT, type ExitCode } from "../suite/outcome.js";
import type { Print } from "./context.js";
import { asUsage, UsageError } from "./usage-error.js";

type Content = Partial<Report> & { readonly kills?: Evidence["kills"] };

/** Prints the table; `files` are report.json and kills.json of any number of runs. */
export function printLadder(files: readonly string[], print: Print): ExitCode {
  const contents = files.map(read);
  const runs = contents.flatMap(({ provider, results }) =>
    provider === undefined || results === undefined ? [] : [{ provider: provider.name, results }],
  );
  print(ladderText({ runs, kills: contents.flatMap(({ kills }) => kills ?? []) }));
  return EXIT.ok;
}

function read(file: string): Content {
  if (!existsSync(file)) throw new UsageError(`list --ladder: there is no file ${file}`);
  const content =
    asUsage(`list --ladder: ${file}`, () => JSON.parse(readFileSync(file, "utf8")) as Content | null) ?? {};
  const isKnown = Array.isArray(content.results) || Array.isArray(content.kills);
  if (!isKnown) throw new UsageError(`list --ladder: ${file} is neither a JSON report nor a kill matrix`);
  return content;
}
