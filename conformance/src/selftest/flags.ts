/** Flags of the selftest beside those of `run`. */
import { UsageError } from "../cli/arguments.js";

/** What the selftest was asked for. */
export interface SelftestFlags {
  /** Ids or clauses; empty with `variants` empty: all. */
  readonly mutants: readonly string[];
  /** Ids, or all. */
  readonly variants: readonly string[];
  /** Ids or clauses of checks that are left out. */
  readonly disabled: readonly string[];
  /** Ids or clauses of checks to leave out one at a time, or all. */
  readonly ablations: readonly string[];
  /** Every check on each mutant. */
  readonly isBroad: boolean;
  /** One of so many mutants, chosen by the seed. */
  readonly sample: number;
  /** Runs of the provider as it is. 0: none. */
  readonly seeds: number;
  /** Providers side by side. */
  readonly lanes: number;
  readonly json: string | undefined;
  readonly html: string | undefined;
  /** Arguments of `run`. */
  readonly rest: readonly string[];
}

const LANES = 3;

/** Takes them out of the arguments. @throws UsageError */
export function readSelftestFlags(argv: readonly string[]): SelftestFlags {
  const found = new Map<string, string[]>();
  const rest: string[] = [];
  for (let at = 0; at < argv.length; at += 1) {
    const [flag, inline] = split(argv[at] ?? "");
    if (SWITCHES.has(flag)) found.set(flag, [""]);
    else if (VALUES.has(flag)) found.set(flag, [...(found.get(flag) ?? []), inline ?? valueOf(flag, argv[(at += 1)])]);
    else rest.push(argv[at] ?? "");
  }
  const list = (flag: string): readonly string[] => found.get(flag) ?? [];
  return {
    mutants: list("--mutant"),
    variants: list("--variant"),
    disabled: list("--disable"),
    ablations: list("--ablation"),
    isBroad: found.has("--all-checks"),
    sample: count("--sample", list("--sample").at(-1), 1),
    seeds: count("--seeds", list("--seeds").at(-1), 0),
    lanes: count("--lanes", list("--lanes").at(-1), LANES),
    json: list("--json").at(-1),
    html: list("--html").at(-1),
    rest,
  };
}

const SWITCHES: ReadonlySet<string> = new Set(["--all-checks"]);
const VALUES: ReadonlySet<string> = new Set([
  "--mutant",
  "--variant",
  "--disable",
  "--ablation",
  "--sample",
  "--seeds",
  "--lanes",
  "--json",
  "--html",
]);

function split(argument: string): readonly [string, string | undefined] {
  const at = argument.indexOf("=");
  return argument.startsWith("--") && at > 0 ? [argument.slice(0, at), argument.slice(at + 1)] : [argument, undefined];
}

function valueOf(flag: string, value: string | undefined): string {
  if (value === undefined) throw new UsageError(`${flag}: the value is missing`);
  return value;
}

function count(flag: string, text: string | undefined, fallback: number): number {
  const value = Number(text ?? fallback);
  if (!Number.isInteger(value) || value < Math.min(1, fallback)) {
    throw new UsageError(`${flag}: "${text}" must be a whole number above 0`);
  }
  return value;
}
