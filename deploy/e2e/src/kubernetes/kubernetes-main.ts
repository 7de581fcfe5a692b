// `npm run e2e -- kubernetes [--list must-pass|all|sample|open] [--focus RE] [--procs N] [--longest SECONDS] [--grow]`: Kubernetes' own tests
// against our node with the cri provider on containerd; "open" are those that do not pass yet. A run fails when a test of the list of what must pass was lost.

import { spawn } from "node:child_process";
import { copyFileSync, openSync, readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { findGoProgram } from "@outboard/devcluster";
import { ginkgoResults } from "../foreign/ginkgo-report.js";
import { growList, judge, readList } from "../foreign/lists.js";
import { outputFile } from "../foreign/output-file.js";
import { GINKGO, KUBERNETES_E2E } from "../foreign/programs.js";
import { report } from "../foreign/summary.js";
import { ginkgoArguments } from "./ginkgo-arguments.js";
import { startGround } from "./ground.js";

const LISTS: Readonly<Record<string, string>> = {
  all: "kubernetes.tsv",
  "must-pass": "kubernetes-must-pass.txt",
  open: "kubernetes.tsv",
  sample: "kubernetes-sample.txt",
};
const MUST_PASS = "kubernetes-must-pass.txt";

const { values } = parseArgs({
  options: {
    list: { type: "string", default: "must-pass" },
    focus: { type: "string", default: "" },
    longest: { type: "string", default: "Infinity" },
    procs: { type: "string", default: "4" },
    "timeout-minutes": { type: "string", default: "360" },
    grow: { type: "boolean", default: false },
  },
});
const list = LISTS[values.list];
if (list === undefined) throw new Error(`--list: ${values.list} is none of ${Object.keys(LISTS).join(", ")}`);
const focus = new RegExp(values.focus);
const notes = readList("kubernetes.tsv");
const isShort = (name: string): boolean => Number(notes.get(name) ?? 0) <= Number(values.longest);
const mustPass = new Set(readList(MUST_PASS).keys());
const isAsked = (name: string): boolean => values.list !== "open" || !mustPass.has(name);
const names = [...readList(list).keys()].filter((name) => focus.test(name) && isShort(name) && isAsked(name));
if (names.length === 0) throw new Error(`no test of the list ${values.list} matches ${focus}`);

await using ground = await startGround();
const { cluster } = ground;
console.log(`${names.length} tests, ${values.procs} at once`);
const reportFile = "report.json";
await run(
  ginkgoArguments({
    names,
    procs: Number(values.procs),
    timeoutMinutes: Number(values["timeout-minutes"]),
    reportFile,
    outputFolder: cluster.folder,
    program: findGoProgram(KUBERNETES_E2E) ?? KUBERNETES_E2E.name,
    kubeconfig: ground.kubeconfig,
    kubectl: cluster.kubectlPath,
  }),
);
for (const [name, file] of Object.entries(ground.logs)) copyFileSync(file, outputFile(`${name}.log`));
const results = ginkgoResults(readFileSync(`${cluster.folder}/${reportFile}`, "utf8"));
const asked = new Set(names);
const judgement = judge(results, mustPass, (name) => asked.has(name));
const isGood = report(results, judgement, outputFile("kubernetes.tsv"));
for (const { host, path, status } of ground.registry.requests().filter((each) => each.status === 404)) {
  console.log(`registry: ${status} ${host}${path}`);
}
if (values.grow) growList(MUST_PASS, judgement.won);
process.exitCode = isGood ? 0 : 1;

/** What it prints goes to a file; its exit code says no more than its report. */
async function run(args: readonly string[]): Promise<void> {
  const log = openSync(outputFile("ginkgo.log"), "w");
  const command = findGoProgram(GINKGO) ?? GINKGO.name;
  const child = spawn(command, args, { stdio: ["ignore", log, log], cwd: cluster.folder });
  process.once("SIGTERM", () => child.kill("SIGTERM"));
  await new Promise((resolve, reject) => child.once("error", reject).once("exit", resolve));
}
