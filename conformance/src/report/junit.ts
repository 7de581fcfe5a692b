/** JUnit XML: one testcase per check; failure, error and skipped are kept apart. */
import type { Result } from "../suite/outcome.js";
import type { Report } from "./report.js";

/** The report as JUnit XML. */
export function toJunit({ results, seed, durationMs, verdict }: Report): string {
  const count = (tag: Tag) => results.filter((result) => tagOf(result) === tag).length;
  const counts = `tests="${results.length}" failures="${count("failure")}" errors="${count("error")}" skipped="${count("skipped")}"`;
  const cases = results.map(testcase).join("\n");
  return `<?xml version="1.0" encoding="UTF-8"?>
<testsuites ${counts} time="${durationMs / 1000}">
<testsuite name="outboard-conformance" ${counts} time="${durationMs / 1000}">
<properties><property name="seed" value="${seed}"/><property name="verdict" value="${verdict}"/></properties>
${cases}
</testsuite>
</testsuites>
`;
}

type Tag = "failure" | "error" | "skipped" | undefined;

function tagOf({ outcome }: Result): Tag {
  if (outcome === "fail" || outcome === "flaky" || outcome === "unexpected-pass") return "failure";
  if (outcome === "harness-error" || outcome === "not-testable" || outcome === "not-run") return "error";
  return outcome === "pass" ? undefined : "skipped";
}

function testcase(result: Result): string {
  const area = result.clause.slice(0, result.clause.lastIndexOf("-"));
  const head = `<testcase name="${escape(`${result.id} ${result.title}`)}" classname="${area}" time="${result.durationMs / 1000}">`;
  const properties = `<properties><property name="clause" value="${result.clause}"/><property name="level" value="${result.level}"/></properties>`;
  const tag = tagOf(result);
  if (tag === undefined) return `${head}${properties}</testcase>`;
  const body = `<${tag} type="${result.code || result.outcome}" message="${escape(result.message)}"/>`;
  const out = result.trace.length > 0 ? `<system-out>${escape(result.trace.join("\n"))}</system-out>` : "";
  return `${head}${properties}${body}${out}</testcase>`;
}

// oxlint-disable-next-line no-control-regex -- these are what XML cannot hold
const CONTROL = /[\u0000-\u0008\u000b-\u001f]/g;

/** Text for XML; characters that XML cannot hold are left out. */
export function escape(text: string): string {
  return text
    .replace(CONTROL, "")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
