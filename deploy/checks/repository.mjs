/** Checks of the tree itself: generated code, compatibility of the contract, the lock file, texts that do not belong. */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import path from "node:path";
import { exec, execTool } from "./exec.mjs";
import { ROOT } from "./groups.mjs";
import { lockProblems, machinePathProblems } from "./texts.mjs";

const FROZEN = "proto/frozen";

export const repositoryChecks = [
  { name: "contract compatible", help: "take the change back: within v1 it must be additive", run: breaking },
  { name: "generated code", help: "npm run generate, and commit the result", run: generated },
  { name: "lock file", help: "npm install with the .npmrc of this repository", run: lockFile },
  { name: "machine paths", help: "remove them: files must mean the same on every machine", run: machinePaths },
];

/** Against every frozen version: copies of the proto files, since a clone may have no tags. */
export async function breaking(input = ".") {
  const versions = readdirSync(path.join(ROOT, FROZEN)).toSorted();
  const folder = mkdtempSync(path.join(tmpdir(), "frozen-")); // buf takes no second module inside of its own
  try {
    const problems = [];
    for (const version of versions) {
      const frozen = path.join(folder, version);
      cpSync(path.join(ROOT, FROZEN, version), frozen, { recursive: true });
      const { code, output } = await execTool("buf", ["breaking", input, "--against", frozen]);
      if (code !== 0) problems.push(`against ${FROZEN}/${version}:\n${output}`);
    }
    return { note: `compared with ${versions.join(", ")}`, ...report(problems) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function generated() {
  const { code, output } = await exec(process.execPath, ["proto/tools/generate.mjs", "--check"]);
  return code === 0 ? {} : { problem: output };
}

async function lockFile() {
  return report(lockProblems(readFileSync(path.join(ROOT, "package-lock.json"), "utf8")));
}

async function machinePaths() {
  const listed = await exec("git", ["ls-files", "-z"]);
  if (listed.code !== 0) return { note: "not a git checkout: nothing to look at" };
  const files = listed.output.split("\0").filter((name) => name !== "");
  return report(files.flatMap((file) => machinePathProblems(file, read(file), [ROOT, homedir()])));
}

function read(file) {
  try {
    return readFileSync(path.join(ROOT, file), "utf8");
  } catch {
    return ""; // deleted in the working tree
  }
}

function report(problems) {
  return problems.length === 0 ? {} : { problem: problems.join("\n") };
}
