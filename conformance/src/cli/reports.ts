/** `report convert|merge|verify`: other formats, one report of all parts, and whether one was edited. */
import { mergeReports } from "../report/merge.js";
import { verifyReport } from "../report/verify.js";
import { FORMATS, render, writeReport } from "../report/write.js";
import { standingOf } from "../report/make.js";
import { EXIT, type ExitCode, exitCodeOf } from "../suite/outcome.js";
import { UsageError } from "./arguments.js";
import type { Context } from "./context.js";
import { readReport } from "./read-report.js";
import { summary } from "./tell.js";
import { asUsage } from "./usage-error.js";
import { readWords } from "./words.js";

/** Runs it. */
export function reportCommand(argv: readonly string[], { print }: Context): ExitCode {
  const { words } = readWords(argv, { name: "report", most: 200 });
  const [verb = "", ...rest] = words;
  switch (verb) {
    case "convert":
      return convert(rest, print);
    case "merge":
      return merge(rest, print);
    case "verify":
      return verify(rest, print);
    default:
      throw new UsageError(`report: say convert, merge or verify${verb === "" ? "" : `, not "${verb}"`}`);
  }
}

function convert([file, target, ...more]: readonly string[], print: Context["print"]): ExitCode {
  const report = readReport(file, "report convert");
  if (more.length > 0) throw new UsageError(`report convert: "${more[0]}" is one word too many`);
  const format = FORMATS.find((each) => each === (target ?? "markdown"));
  if (format !== undefined) print(render(report, format).trimEnd());
  else for (const written of writeReport(target ?? "", report, FORMATS)) print(`wrote ${written}`);
  return EXIT.ok;
}

/** The exit code is the one that a run in one piece would have had. */
function merge([folder, ...files]: readonly string[], print: Context["print"]): ExitCode {
  if (folder === undefined || folder.endsWith(".json") || files.length === 0) {
    throw new UsageError("report merge: name the folder for the whole report, then the reports of the parts");
  }
  const parts = files.map((file) => ({ file, report: readReport(file, "report merge") }));
  for (const { file, report } of parts) {
    const [problem] = verifyReport(report);
    if (problem !== undefined) throw new UsageError(`report merge: ${file}: ${problem}`);
  }
  const report = asUsage("report merge", () => mergeReports(parts));
  print(summary(report, writeReport(folder, report, FORMATS), { reportDir: folder }));
  return exitCodeOf(standingOf(report));
}

function verify([file, ...more]: readonly string[], print: Context["print"]): ExitCode {
  const report = readReport(file, "report verify");
  if (more.length > 0) throw new UsageError(`report verify: "${more[0]}" is one word too many`);
  const problems = verifyReport(report);
  for (const problem of problems) print(problem);
  if (problems.length === 0) print(`${report.verdict}: the report is consistent`);
  return problems.length === 0 ? EXIT.ok : EXIT.nonConformant;
}
