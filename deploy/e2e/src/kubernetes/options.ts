// The command line of Kubernetes' own tests.

import { parseArgs } from "node:util";
import { readList } from "../foreign/lists.js";
import { type CommandLine, regularExpression, wholeNumber } from "../support/command-line.js";

export interface KubernetesOptions {
  /** What to run, at least one. */
  readonly names: readonly string[];
  readonly mustPass: ReadonlySet<string>;
  readonly procs: number;
  readonly timeoutMinutes: number;
  readonly isGrowing: boolean;
}

export const MUST_PASS = "kubernetes-must-pass.txt";
const LISTS: Readonly<Record<string, string>> = {
  all: "kubernetes.tsv",
  "must-pass": MUST_PASS,
  open: "kubernetes.tsv",
  sample: "kubernetes-sample.txt",
};

const USAGE = `Usage: npm run e2e -- kubernetes [flags]

Kubernetes' own tests against our node with the cri provider on containerd. Fails when a test of the list of what must pass is lost.

  --list NAME          must-pass (default), all, sample, or open: those that do not pass yet
  --focus RE           only tests whose names match
  --longest SECONDS    only tests that take no longer
  --procs N            tests at once (default: 4)
  --timeout-minutes N  of the whole run (default: 360)
  --grow               add to the list of what must pass what passed
`;

export const KUBERNETES_LINE: CommandLine = { usage: USAGE, read: readKubernetesOptions };

/** @throws with a sentence about what is wrong */
export function readKubernetesOptions(argv: readonly string[]): KubernetesOptions {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      list: { type: "string", default: "must-pass" },
      focus: { type: "string", default: "" },
      longest: { type: "string" },
      procs: { type: "string", default: "4" },
      "timeout-minutes": { type: "string", default: "360" },
      grow: { type: "boolean", default: false },
    },
  });
  const mustPass = new Set(readList(MUST_PASS).keys());
  const focus = regularExpression("--focus", values.focus);
  const longest = values.longest === undefined ? Infinity : wholeNumber("--longest", values.longest);
  const seconds = readList("kubernetes.tsv"); // of a run that was measured
  const isShort = (name: string): boolean => Number(seconds.get(name) ?? 0) <= longest;
  const names = namesOf(values.list, mustPass).filter((name) => focus.test(name) && isShort(name));
  if (names.length === 0) throw new Error(`no test of the list ${values.list} is left`);
  return {
    names,
    mustPass,
    procs: wholeNumber("--procs", values.procs),
    timeoutMinutes: wholeNumber("--timeout-minutes", values["timeout-minutes"]),
    isGrowing: values.grow,
  };
}

function namesOf(list: string, mustPass: ReadonlySet<string>): readonly string[] {
  const file = LISTS[list];
  if (file === undefined) throw new Error(`--list must be one of ${Object.keys(LISTS).join(", ")}, not ${list}`);
  const names = [...readList(file).keys()];
  return list === "open" ? names.filter((name) => !mustPass.has(name)) : names;
}
