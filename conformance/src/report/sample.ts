/** A small report with one result of each kind, for tests. */
import type { OutcomeKind, Result } from "../suite/outcome.js";
import { countOutcomes, idsDigest, REPORT_SCHEMA, registryDigest, type Report } from "./report.js";

/** A result of this outcome. */
export const result = (id: string, outcome: OutcomeKind, code = ""): Result => ({
  id,
  clause: "GET-01",
  level: "MUST",
  title: "a <title>",
  outcome,
  code,
  message: "",
  durationMs: 1,
  trace: [],
  used: 0,
});

const results = [
  result("a", "pass"),
  result("b", "fail", "late"),
  result("c", "not-applicable"),
  result("d", "harness-error"),
];
export const REPORT: Report = {
  schema: REPORT_SCHEMA,
  tool: { name: "t", version: "1" },
  registryDigest: registryDigest(),
  expectedDigest: idsDigest(["a"]),
  expected: ["a"],
  requirements: { set: "draft", digest: registryDigest() },
  level: "must",
  shard: null,
  environment: { node: "v1", platform: "p", architecture: "a", launchDigest: "", load: 1 },
  profile: "core",
  kit: "k",
  seed: 1,
  scale: 1,
  startedAt: "2026-01-01T00:00:00.000Z",
  durationMs: 5,
  provider: { name: "<p>", version: "1", revision: 1, capabilities: [], features: [] },
  verdict: "non-conformant",
  isOfficial: true,
  unofficial: [],
  counts: countOutcomes(results),
  leaks: [],
  staleBaseline: [],
  results,
};
