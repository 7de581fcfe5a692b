/** What came of a mutant. Strict: own clause, own code, no error of the suite. */
import type { Result } from "../suite/outcome.js";
import type { Layer, Mutant } from "./mutant.js";

/** What a check said of a mutant. */
export interface Cell {
  readonly check: string;
  /** own: failed as the mutant asks for; collateral: failed otherwise. */
  readonly said: "own" | "collateral" | "passed" | "error" | "silent";
  readonly code: string;
}

/** What came of a mutant. */
export interface Kill {
  readonly mutant: string;
  readonly clause: string;
  readonly fault: string;
  readonly layer: Layer;
  readonly outcome: "killed" | "wrong-reason" | "survived" | "not-applicable" | "harness-error";
  /** Failed checks with their codes and messages. */
  readonly failed: readonly string[];
  readonly cells: readonly Cell[];
}

/** The verdict over the results of the checks that were tried on the mutant. `isWhole`: none of its clause was left out. */
export function judge(mutant: Mutant, results: readonly Result[], isWhole: boolean): Kill {
  const cells = results.map((result) => cellOf(mutant, result));
  const failed = results.filter(({ outcome }) => outcome === "fail" || outcome === "harness-error");
  return kill(mutant, outcomeOf(mutant, results, cells, isWhole), failed.map(lineOf), cells);
}

/** A kill as it is written down. */
export function kill(
  { id, clause, fault, layer }: Mutant,
  outcome: Kill["outcome"],
  failed: readonly string[] = [],
  cells: readonly Cell[] = [],
): Kill {
  return { mutant: id, clause, fault, layer, outcome, failed, cells };
}

function outcomeOf(
  mutant: Mutant,
  results: readonly Result[],
  cells: readonly Cell[],
  isWhole: boolean,
): Kill["outcome"] {
  const has = (said: Cell["said"]) => cells.some((cell) => cell.said === said);
  if (has("error")) return "harness-error";
  if (has("own")) return "killed";
  if (has("collateral")) return "wrong-reason";
  const own = results.filter(({ clause }) => clause === mutant.clause);
  const isUntried = own.length > 0 && own.every(({ outcome }) => outcome === "not-applicable");
  const isDrivenByOwn = mutant.drive.every((id) => id.startsWith(`${mutant.clause}/`));
  return isWhole && isUntried && isDrivenByOwn ? "not-applicable" : "survived";
}

function cellOf(mutant: Mutant, { id, clause, outcome, code }: Result): Cell {
  if (outcome === "harness-error") return { check: id, said: "error", code };
  if (outcome === "pass") return { check: id, said: "passed", code };
  if (outcome !== "fail") return { check: id, said: "silent", code };
  const isOwn = clause === mutant.clause && code === mutant.code;
  return { check: id, said: isOwn ? "own" : "collateral", code };
}

/** A failure in one line. */
export function lineOf({ id, code, message }: Result): string {
  return `${id} (${code || "error"}) ${message}`;
}
