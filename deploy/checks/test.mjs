/**
 * Builds, then runs the tests of the repository, one group after the other, each in a process of its own. The last line
 * is "N passed, N failed, N skipped"; a build that fails counts as one failure. A few red tests are run once more. Arguments
 * name the groups to build and run; none: all. With CI=true a left-over `.only` fails.
 */
import { execTool } from "./exec.mjs";
import { GROUPS, testFiles } from "./groups.mjs";
import { runGroupTwice } from "./run-group.mjs";

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !GROUPS.some((group) => group.name === name));
if (unknown.length > 0) {
  console.error(`no test group ${unknown.join(", ")}; there are ${GROUPS.map((group) => group.name).join(", ")}`);
  process.exit(2);
}

const groups = GROUPS.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
const total = { passed: 0, failed: 0, skipped: 0 };
const problems = [];
const again = [];
const projects = wanted.length === 0 ? [] : groups.filter(({ plain }) => !plain).map(({ folder }) => folder);
const build = await execTool("tsc", ["--build", ...projects]);
if (build.code !== 0) {
  console.log(build.output);
  total.failed = 1;
  problems.push("the build fails");
}
for (const group of build.code === 0 ? groups : []) {
  const started = Date.now();
  console.log(`\n${group.name}`);
  const result = await runGroupTwice(group, testFiles(group));
  for (const key of Object.keys(total)) total[key] += result[key];
  const told = (problem) => {
    const reason = result.reasons?.[problem];
    return `${group.name}: ${problem}${reason === undefined ? "" : `\n      ${reason}`}`;
  };
  problems.push(...result.problems.map(told));
  again.push(...(result.again ?? []).map(told));
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  console.log(`  ${result.passed} passed, ${result.failed} failed, ${result.skipped} skipped in ${seconds} s`);
}

tell("Red at first, green when run once more alone; look into it", again);
tell("Failures", problems);
console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed > 0 ? 1 : 0;

function tell(title, tests) {
  if (tests.length > 0) console.log(`\n${title}:\n${tests.map((test) => `  - ${test}`).join("\n")}`);
}
