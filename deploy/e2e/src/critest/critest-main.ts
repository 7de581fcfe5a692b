// `npm run e2e -- critest`: the tests that every CRI runtime is judged by, on a containerd of ours.

import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findGoProgram } from "@outboard/devcluster";
import { findTestImages, startContainerd, startRegistry } from "@outboard/runtimes";
import { ginkgoResults } from "../foreign/ginkgo-report.js";
import { growList, judge, readList } from "../foreign/lists.js";
import { outputFile } from "../foreign/output-file.js";
import { CRICTL, CRITEST } from "../foreign/programs.js";
import { report } from "../foreign/summary.js";
import { readCritestOptions } from "./options.js";

const { version, focus, isGrowing } = readCritestOptions(process.argv.slice(2));
const list = `critest-containerd-${version}.txt`;

await using registry = await startRegistry({ store: findTestImages() ?? "" });
await using containerd = await startContainerd({ version, registry });
const info = execFileSync(findGoProgram(CRICTL) ?? "crictl", ["--runtime-endpoint", containerd.endpoint, "version"], {
  encoding: "utf8",
});
console.log(`containerd ${containerd.versionText}\n${info}`);

const file = join(mkdtempSync(join(tmpdir(), "critest-")), "report.json");
await run([
  `-runtime-endpoint=${containerd.endpoint}`,
  `-ginkgo.json-report=${file}`,
  "-ginkgo.no-color",
  "-ginkgo.succinct",
  "-ginkgo.timeout=30m",
  ...(focus === undefined ? [] : [`-ginkgo.focus=${focus}`]),
]);

const results = ginkgoResults(readFileSync(file, "utf8"));
const isAsked = (name: string): boolean => focus === undefined || new RegExp(focus).test(name);
const judgement = judge(results, new Set(readList(list).keys()), isAsked);
const isGood = report(results, judgement, outputFile(`critest-containerd-${version}.tsv`));
if (isGrowing) growList(list, judgement.won);
for (const { host, path, status } of registry.requests().filter((each) => each.status >= 400)) {
  console.log(`registry: ${status} ${host}${path}`);
}
process.exitCode = isGood ? 0 : 1;

/** Its exit code says no more than its report. */
async function run(args: readonly string[]): Promise<void> {
  const child = spawn(findGoProgram(CRITEST) ?? "critest", args, { stdio: ["ignore", "ignore", "inherit"] });
  await new Promise((resolve, reject) => child.once("error", reject).once("exit", resolve));
}
