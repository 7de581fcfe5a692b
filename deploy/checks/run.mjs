/**
 * Everything that must hold before a change goes in, tests apart: format, lint, types, unused code, packages, the
 * contract, generated code, the tree. All checks run at once, but for those that look at what another
 * one builds (`after`); each says what to do when it fails.
 */
import { repositoryChecks } from "./repository.mjs";
import { toolChecks } from "./tools.mjs";

const wanted = process.argv.slice(2);
const checks = [...toolChecks, ...repositoryChecks].filter(({ name }) => wanted.length === 0 || wanted.includes(name));

const started = Date.now();
const running = new Map();
for (const check of checks) running.set(check.name, runCheck(check));
const results = await Promise.all(running.values());
const failed = results.filter((result) => result.problem !== undefined);
for (const { name, problem, help } of failed) console.log(`\n${name}\n${indent(problem)}\n  What to do: ${help}`);
const seconds = ((Date.now() - started) / 1000).toFixed(1);
console.log(`\n${results.length - failed.length} checks passed, ${failed.length} failed in ${seconds} s`);
process.exitCode = failed.length > 0 ? 1 : 0;

async function runCheck({ name, help, run, after }) {
  await running.get(after);
  const { problem, note } = await run().catch((error) => ({ problem: error.message }));
  console.log(`  ${problem === undefined ? "✓" : "✗"} ${name}${note === undefined ? "" : `: ${note}`}`);
  return { name, help, problem };
}

function indent(text) {
  const lines = text.trim().split("\n");
  const shown = lines.slice(0, 60);
  if (lines.length > shown.length) shown.push(`... and ${lines.length - shown.length} lines more`);
  return shown.map((line) => `    ${line}`).join("\n");
}
