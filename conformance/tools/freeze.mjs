/** Freezes what the suite judges now as a requirement set: npm run --workspace conformance freeze -- 1.0 */
import { freeze, frozenProblems } from "../dist/requirements/freeze.js";

const [name = "", ...more] = process.argv.slice(2);
try {
  if (more.length > 0) throw new Error(`"${more[0]}" is one word too many`);
  const problems = frozenProblems();
  if (problems.length > 0) throw new Error(`mend the frozen sets first:\n${problems.join("\n")}`);
  const { clauses, digest } = freeze(name);
  const checks = clauses.reduce((sum, clause) => sum + clause.checks.length, 0);
  console.log(`requirements/${name}.json: ${clauses.length} clauses, ${checks} checks, digest ${digest}`);
} catch (error) {
  console.error(`freeze: ${error.message}`);
  process.exitCode = 2;
}
