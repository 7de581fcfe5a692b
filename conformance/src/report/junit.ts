/** JUnit XML: one testcase per check; failure, error and skipped are kept apart. */
import type { Result } from "../suite/outcome.js";
import type { Report } from "./report.js";

/** The report as JUnit XML. */
export function toJunit({ results, seed, durationMs, verdict, startedAt, requirements }: Report): string {
  const count = (tag: Tag) => results.filter((result) => tagOf(result) === tag).length;
  const counts = `tests="${results.length}" failures="${count("failure")}" errors="${count("error")}"`;
  const properties = Object.entries({ seed, verdict, requirements: requirements.set }).map(property).join("");
  const cases = results.map(testcase).join("\n");
  return `<?xml version="1.0" encoding="UTF-8"?>
<testsuites ${counts} time="${durationMs / 1000}">
<testsuite name="outboard-conformance" ${counts} skipped="${count("skipped")}" time="${durationMs / 1000}" timestamp="${startedAt.slice(0, 19)}">
<properties>${properties}</properties>
${cases}
</testsuite>
</testsuites>
`;
}

type Tag = "failure" | "error" | "skipped" | undefined;

function tagOf({ outcome, isProvisional }: Result): Tag {
  if (isProvisional === true) return outcome === "pass" ? undefined : "skipped";
  if (outcome === "fail" || outcome === "flaky" || outcome === "unexpected-pass") return "failure";
  if (outcome === "harness-error" || outcome === "not-testable" || outcome === "not-run") return "error";
  return outcome === "pass" ? undefined : "skipped";
}

function testcase(result: Result): string {
  const area = result.clause.slice(0, result.clause.lastIndexOf("-"));
  const head = `<testcase name="${escape(`${result.id} ${result.title}`)}" classname="${area}" time="${result.durationMs / 1000}">`;
  const { clause, level, isProvisional } = result;
  const facts = Object.entries({ clause, level, ...(isProvisional === true ? { provisional: "true" } : {}) });
  const properties = `<properties>${facts.map(property).join("")}</properties>`;
  const tag = tagOf(result);
  if (tag === undefined) return `${head}${properties}</testcase>`;
  const body = `<${tag} type="${result.code || result.outcome}" message="${escape(result.message)}"/>`;
  const out = result.trace.length > 0 ? `<system-out>${escape(result.trace.join("\n"))}</system-out>` : "";
  return `${head}${properties}${body}${out}</testcase>`;
}

function property([name, value]: readonly [string, string | number]): string {
  return `<property name="${name}" value="${escape(String(value))}"/>`;
}

// oxlint-disable-next-line no-control-regex -- these are what XML cannot hold
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;

/** Text for XML; characters that XML cannot hold are left out. */
export function escape(text: string): string {
  return text
    .toWellFormed()
    .replace(CONTROL, "")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
