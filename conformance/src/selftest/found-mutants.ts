/** Faults that the suite found in real providers, so that it goes on finding them. */
import { type Mutant, mutant } from "./mutant.js";
import { aborted, answers, map, type Rule } from "./rule.js";

export const FOUND_MUTANTS: readonly Mutant[] = [
  mutant("ATTACH-03", "wrong-value", "ends without the container's code", () =>
    answers("attach", (each) =>
      each.frame?.$case === "exit"
        ? { frame: { $case: "exit", value: { result: { $case: "error", value: "the connection was closed" } } } }
        : each,
    ),
  ),
  mutant("PF-02", "late", "stays open after the half-close of both sides", staysOpen),
];

function staysOpen(): Rule {
  return async function* (input, passing) {
    let isClosed = false;
    yield* map(passing.next(input), (each) => {
      isClosed ||= passing.method === "portForward" && each.frame?.$case === "halfClose";
      return each;
    });
    if (isClosed) await aborted(passing.signal);
  };
}
