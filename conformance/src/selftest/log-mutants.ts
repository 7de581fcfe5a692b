/** Mutants of logs. */
import { type Mutant, mutant } from "./mutant.js";
import { answers, type Rule, swallow } from "./rule.js";
import { LARGE, OPENED, chunks, hangs, logs, tail, usedUp } from "./stream-rules.js";

const CHUNK = (data: Buffer) => ({
  frame: { $case: "chunk", value: { stream: 1, data, partial: false, cursor: new Uint8Array() } },
});

export const LOG_MUTANTS: readonly Mutant[] = [
  mutant("LOGS-01", "wrong-value", "rewrites letters", () =>
    chunks(({ data }) => ({ data: Buffer.from(Buffer.from(data).toString("latin1").replaceAll("n", "N"), "latin1") })),
  ),
  mutant("LOGS-02", "repeated", "says opened twice", () =>
    answers("logs", (each) => (each.frame?.$case === "opened" ? [each, each] : each)),
  ),
  mutant("LOGS-03", "missing", "has no log of an ended container", () => dropsChunk(() => true)),
  mutant("LOGS-04", "accepted", "gives an empty log of an unknown pod", () => swallow("logs", "POD", [OPENED])),
  mutant("LOGS-05", "accepted", "gives an empty log of an unknown container", () =>
    swallow("logs", "CONTAINER", [OPENED]),
  ),
  mutant("LOGS-06", "accepted", "gives an empty log of what never started", () =>
    swallow("logs", "NOT_RUNNING", [OPENED]),
  ),
  mutant(
    "LOGS-07",
    "wrong-value",
    "sends chunks of 40,000 bytes",
    () => answers("logs", (each) => (each.frame?.$case === "chunk" ? CHUNK(LARGE) : each)),
    "LOGS-02/frames",
  ),
  mutant("LOGS-08", "early", "ends a follower at the end of the file", () => logs(() => ({ follow: false }))),
  mutant("LOGS-09", "missing", "begins a follower with new lines", () =>
    logs(({ follow }) => (follow ? { tailLines: 0n } : {})),
  ),
  mutant("LOGS-10", "late", "never ends a follower", () => tail("logs", hangs)),
  mutant("LOGS-11", "wrong-value", "gives the latest log for the previous one", () =>
    logs(() => ({ previous: false })),
  ),
  mutant("LOGS-12", "accepted", "gives the latest log where there is no previous one", () =>
    logs(() => ({ previous: false })),
  ),
  mutant("LOGS-13", "missing", "chunks have no time", () => chunks(() => ({ timeUnixNano: undefined }))),
  mutant("LOGS-14", "wrong-value", "ignores since_time", () => logs(() => ({ sinceTime: undefined }))),
  mutant("LOGS-15", "wrong-value", "gives one line more", () =>
    logs(({ tailLines }) => (tailLines === undefined ? {} : { tailLines: tailLines + 1n })),
  ),
  mutant("LOGS-15", "wrong-value", "takes tail 0 for unset", () =>
    logs(({ tailLines }) => (tailLines === 0n ? { tailLines: undefined } : {})),
  ),
  mutant("LOGS-16", "wrong-value", "gives one byte more", () =>
    logs(({ limitBytes }) => (limitBytes === undefined ? {} : { limitBytes: limitBytes + 1n })),
  ),
  mutant("LOGS-17", "wrong-value", "begins again from the start", () => logs(() => ({ cursor: new Uint8Array() }))),
  mutant("LOGS-18", "accepted", "takes any cursor", () => swallow("logs", "BAD_REQUEST", [OPENED])),
  mutant("LOGS-19", "wrong-value", "declares cursors and sends none", () =>
    chunks(() => ({ cursor: new Uint8Array() })),
  ),
  mutant("LOGS-20", "wrong-value", "takes standard output for standard error", () => chunks(() => ({ stream: 2 }))),
  mutant("LOGS-21", "late", "says opened with the first line", () =>
    answers("logs", (each) => (each.frame?.$case === "opened" ? undefined : each)),
  ),
  mutant("LOGS-23", "wrong-value", "ignores the tail where there is a limit", () =>
    logs(({ limitBytes }) => (limitBytes === undefined ? {} : { tailLines: undefined })),
  ),
  mutant("LOGS-22", "missing", "never lets go of a reader", () => usedUp("logs")),
];

function dropsChunk(isDropped: (count: number) => boolean): Rule {
  let count = 0;
  return answers("logs", (each) => (each.frame?.$case === "chunk" && isDropped((count += 1)) ? undefined : each));
}
