/** Mutants of exec, attach and port-forward. */
import { type Mutant, mutant } from "./mutant.js";
import { answers, hangInsteadOf, map, type Message, requests, type Rule, swallow } from "./rule.js";
import { LARGE, OPENED, nth, usedUp } from "./stream-rules.js";

const EXIT_0 = { frame: { $case: "exit", value: { result: { $case: "code", value: 0 } } } };

export const INTERACTION_MUTANTS: readonly Mutant[] = [
  mutant("EXEC-01", "wrong-value", "turns every failure into 1", () => exits((code) => (code === 0 ? 0 : 1))),
  mutant("EXEC-01", "wrong-value", "always says 0", () => exits(() => 0)),
  mutant("EXEC-02", "repeated", "says opened twice", () =>
    answers("exec", (each) => (each.frame?.$case === "opened" ? [each, each] : each)),
  ),
  mutant("EXEC-03", "missing", "loses a chunk of a large output", () => losesLargeChunk()),
  mutant("EXEC-04", "wrong-value", "sends standard error as standard output", () =>
    answers("exec", (each) =>
      each.frame?.$case === "stderr" ? { frame: { $case: "stdout", value: each.frame.value } } : each,
    ),
  ),
  mutant("EXEC-05", "late", "does not pass on the end of input", () =>
    requests("exec", (each) => (each.frame?.$case === "stdinEnd" ? undefined : each)),
  ),
  mutant("EXEC-05", "wrong-value", "takes input for text", () =>
    requests("exec", (each) =>
      each.frame?.$case === "stdin"
        ? { frame: { $case: "stdin", value: Buffer.from(Buffer.from(each.frame.value).toString("utf8")) } }
        : each,
    ),
  ),
  mutant("EXEC-06", "late", "ignores the size at the start", () => starts("exec", () => ({ size: undefined }))),
  mutant("EXEC-07", "late", "ignores resizes", () =>
    requests("exec", (each) => (each.frame?.$case === "resize" ? undefined : each)),
  ),
  mutant("EXEC-08", "wrong-value", "drops empty arguments", () =>
    starts("exec", ({ command }) => ({ command: command.filter((part: string) => part !== "") })),
  ),
  mutant("EXEC-09", "wrong-value", "says 0 for a command that does not exist", () =>
    answers("exec", (each) => (each.frame?.$case === "exit" ? EXIT_0 : each)),
  ),
  mutant("EXEC-11", "late", "waits for a start that never comes", () => hangInsteadOf("exec")),
  mutant("EXEC-12", "accepted", "takes an empty command", () => swallow("exec", "BAD_REQUEST", [OPENED, EXIT_0])),
  mutant("EXEC-13", "accepted", "says 0 for an unknown pod", () => swallow("exec", "POD", [OPENED, EXIT_0])),
  mutant("EXEC-14", "accepted", "says 0 for an unknown container", () =>
    swallow("exec", "CONTAINER", [OPENED, EXIT_0]),
  ),
  mutant("EXEC-15", "accepted", "says 0 for an ended container", () =>
    swallow("exec", "NOT_RUNNING", [OPENED, EXIT_0]),
  ),
  mutant("EXEC-17", "unexpected", "sends streams that were not asked for", () =>
    starts("exec", () => ({ stdout: true, stderr: true })),
  ),
  mutant(
    "EXEC-18",
    "wrong-value",
    "sends chunks of 40,000 bytes",
    () =>
      answers("exec", (each) => (each.frame?.$case === "stdout" ? { frame: { $case: "stdout", value: LARGE } } : each)),
    "EXEC-02/frames",
  ),
  mutant("EXEC-19", "missing", "loses what comes late in a large echo", () => losesLargeChunk()),
  mutant("EXEC-20", "wrong-value", "takes the first container", () => starts("exec", () => ({ container: "main" }))),
  mutant("ATTACH-01", "late", "does not say opened", () =>
    answers("attach", (each) => (each.frame?.$case === "opened" ? undefined : each)),
  ),
  mutant("ATTACH-03", "order", "ends without exit", () =>
    answers("attach", (each) => (each.frame?.$case === "exit" ? undefined : each)),
  ),
  mutant("ATTACH-05", "late", "loses input", () =>
    requests("attach", (each) => (each.frame?.$case === "stdin" ? undefined : each)),
  ),
  mutant("ATTACH-06", "accepted", "attaches to an unknown pod", () => swallow("attach", "POD", [OPENED, EXIT_0])),
  mutant("ATTACH-07", "accepted", "attaches to an unknown container", () =>
    swallow("attach", "CONTAINER", [OPENED, EXIT_0]),
  ),
  mutant("ATTACH-08", "accepted", "attaches to an ended container", () =>
    swallow("attach", "NOT_RUNNING", [OPENED, EXIT_0]),
  ),
  mutant("ATTACH-09", "late", "waits for a start that never comes", () => hangInsteadOf("attach")),
  mutant("ATTACH-10", "late", "serves the first of two sessions only", () =>
    nth("attach", 2, (output) => map(output, (each) => (each.frame?.$case === "stdout" ? undefined : each))),
  ),
  mutant("PF-01", "missing", "loses a chunk", () => losesNth("portForward", "data", 3)),
  mutant("PF-02", "missing", "does not pass on the pod's half_close", () =>
    answers("portForward", (each) => (each.frame?.$case === "halfClose" ? undefined : each)),
  ),
  mutant("PF-03", "missing", "does not say that a connection failed", () =>
    answers("portForward", (each) => (each.frame?.$case === "failed" ? undefined : each)),
  ),
  mutant("PF-06", "accepted", "takes any port for 80", () =>
    starts("portForward", ({ port }) => ({ port: port < 1 || port > 65_535 ? 80 : port })),
  ),
  mutant("PF-07", "accepted", "connects to an unknown pod", () => swallow("portForward", "POD", [OPENED])),
  mutant("PF-08", "accepted", "connects to an ended pod", () => swallow("portForward", "NOT_RUNNING", [OPENED])),
  mutant(
    "PF-09",
    "wrong-value",
    "sends chunks of 40,000 bytes",
    () =>
      answers("portForward", (each) =>
        each.frame?.$case === "data" ? { frame: { $case: "data", value: LARGE } } : each,
      ),
    "PF-10/early-data",
  ),
  mutant("PF-10", "missing", "drops what was sent with the start", () =>
    requests("portForward", (each) => (each.frame?.$case === "data" ? undefined : each)),
  ),
  mutant("EXEC-10", "missing", "never lets go of a command", () => usedUp("exec")),
];

function exits(change: (code: number) => number): Rule {
  return answers("exec", (each) => {
    const result = each.frame?.$case === "exit" ? each.frame.value.result : undefined;
    if (result?.$case !== "code") return each;
    return { frame: { $case: "exit", value: { result: { $case: "code", value: change(result.value) } } } };
  });
}

/** Changes the first frame of a session. */
export function starts(method: string, change: (start: Message) => object): Rule {
  return requests(method, (each) =>
    each.frame?.$case === "start"
      ? { frame: { $case: "start", value: { ...each.frame.value, ...change(each.frame.value) } } }
      : each,
  );
}

/** Loses the fourth chunk of every call. */
function losesLargeChunk(): Rule {
  return losesNth("exec", "stdout", 4);
}

function losesNth(method: string, kind: string, n: number): Rule {
  return (input, passing) => {
    if (passing.method !== method) return passing.next(input);
    let count = 0;
    return map(passing.next(input), (each) => (each.frame?.$case === kind && (count += 1) === n ? undefined : each));
  };
}
