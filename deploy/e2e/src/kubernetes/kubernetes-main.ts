// `npm run e2e -- kubernetes`: Kubernetes' own tests against our node with the cri provider on containerd.

import { spawn } from "node:child_process";
import { copyFileSync, openSync, readFileSync } from "node:fs";
import { findGoProgram } from "@outboard/devcluster";
import { ginkgoResults } from "../foreign/ginkgo-report.js";
import { growList, judge } from "../foreign/lists.js";
import { outputFile } from "../foreign/output-file.js";
import { GINKGO, KUBERNETES_E2E } from "../foreign/programs.js";
import { report } from "../foreign/summary.js";
import { ginkgoArguments } from "./ginkgo-arguments.js";
import { startGround } from "./ground.js";
import { MUST_PASS, readKubernetesOptions } from "./options.js";

const { names, mustPass, procs, timeoutMinutes, isGrowing } = readKubernetesOptions(process.argv.slice(2));

await using ground = await startGround();
const { cluster } = ground;
console.log(`${names.length} tests, ${procs} at once`);
const reportFile = "report.json";
await run(
  ginkgoArguments({
    names,
    procs,
    timeoutMinutes,
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
if (isGrowing) growList(MUST_PASS, judgement.won);
process.exitCode = isGood ? 0 : 1;

/** What it prints goes to a file; its exit code says no more than its report. */
async function run(args: readonly string[]): Promise<void> {
  const log = openSync(outputFile("ginkgo.log"), "w");
  const command = findGoProgram(GINKGO) ?? GINKGO.name;
  const child = spawn(command, args, { stdio: ["ignore", log, log], cwd: cluster.folder });
  process.once("SIGTERM", () => child.kill("SIGTERM"));
  await new Promise((resolve, reject) => child.once("error", reject).once("exit", resolve));
}
