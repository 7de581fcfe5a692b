// The command line of the golden tools.

import { availableParallelism } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type CommandLine, wholeNumber } from "../support/command-line.js";
import { casesIn } from "./recording.js";

export interface GoldenOptions {
  readonly cases: string;
  /** Where observed cases are written. */
  readonly out: string;
  readonly jobs: number;
  readonly isVerbose: boolean;
  /** Judged by lists/golden-equal.txt, not by whole equality; a case that is worse is played again, alone. */
  readonly isExpected: boolean;
  /** What was equal is added to that list. */
  readonly isGrowing: boolean;
  /** These cases. */
  readonly names: readonly string[];
  /**
   * - own: start a cluster, containerd, the provider and the gateway, and play against them
   * - given: play against a node that is there
   * - compare: play nothing, compare what `out` has
   */
  readonly target:
    | { readonly kind: "own" }
    | {
        readonly kind: "given";
        readonly kubeconfig: string;
        readonly nodeName: string;
        readonly staticFolder: string | undefined;
      }
    | { readonly kind: "compare" };
}

const CASES = join(import.meta.dirname, "..", "..", "..", "..", "gateway", "testdata", "golden");

const USAGE = `Usage: npm run e2e -- golden [flags] [CASE...]

Plays recorded cases and compares what happens with what a real kubelet did.

  --cases DIR        recorded cases (default: gateway/testdata/golden)
  --out DIR          where observed cases are written (default: golden-out)
  -j, --jobs N       cases at once (default: three per core)
  -v, --verbose      print each difference
  --expected         fail only for what lists/golden-equal.txt calls equal; what fails is played up to twice more, alone
  --grow             add to that list what was equal
  --compare          play nothing: compare what is in --out
  --kubeconfig FILE  play against the node of another cluster, as an administrator of it, with
  --node NAME        its name, and
  --static DIR       its folder of static pods, if it has one
`;

/** @throws with a sentence about what is wrong */
export function readGoldenOptions(argv: readonly string[]): GoldenOptions {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      cases: { type: "string", default: CASES },
      out: { type: "string", default: "golden-out" },
      jobs: { type: "string", short: "j", default: String(3 * availableParallelism()) },
      verbose: { type: "boolean", short: "v", default: false },
      expected: { type: "boolean", default: false },
      grow: { type: "boolean", default: false },
      compare: { type: "boolean", default: false },
      kubeconfig: { type: "string" },
      node: { type: "string" },
      static: { type: "string" },
    },
  });
  const jobs = wholeNumber("--jobs", values.jobs);
  const known = casesIn(values.cases);
  const unknown = positionals.filter((name) => !known.includes(name));
  if (unknown.length > 0) throw new Error(`${values.cases} has no case ${unknown.join(", ")}`);
  const { cases, out, verbose: isVerbose, expected: isExpected, grow: isGrowing } = values;
  return {
    cases,
    out,
    jobs,
    isVerbose,
    isExpected,
    isGrowing,
    names: positionals.length > 0 ? positionals : known,
    target: targetOf(values),
  };
}

export const GOLDEN_LINE: CommandLine = { usage: USAGE, read: readGoldenOptions };

interface TargetFlags {
  readonly compare: boolean;
  readonly kubeconfig?: string | undefined;
  readonly node?: string | undefined;
  readonly static?: string | undefined;
}

function targetOf({ compare, kubeconfig, node, static: staticFolder }: TargetFlags): GoldenOptions["target"] {
  if (compare) return { kind: "compare" };
  if (kubeconfig === undefined && node === undefined) return { kind: "own" };
  if (kubeconfig === undefined || node === undefined) throw new Error("--kubeconfig and --node go together");
  return { kind: "given", kubeconfig, nodeName: node, staticFolder };
}
