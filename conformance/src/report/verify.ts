/** Works verdict, counts and digests of a report out again: an edited one is found. */
import { readSet } from "../requirements/set.js";
import { verdictOf } from "../suite/outcome.js";
import { countOutcomes, idsDigest, type Report } from "./report.js";

/** What does not fit; empty: the report is consistent. */
export function verifyReport(report: Report): readonly string[] {
  const { results, expected, verdict, counts, unofficial, isOfficial } = report;
  const ids = results.map(({ id }) => id);
  return [
    ...(verdictOf(results, expected) === verdict ? [] : ["the verdict does not follow from the results"]),
    ...(idsDigest(expected) === report.expectedDigest ? [] : ["the list of expected checks was changed"]),
    ...(isEqual(countOutcomes(results), counts) ? [] : ["the counts do not fit the results"]),
    ...(new Set(ids).size === ids.length ? [] : ["a check has two results"]),
    ...(isOfficial === (unofficial.length === 0) ? [] : ["official and its reasons contradict each other"]),
    ...setProblem(report),
  ];
}

/** The set of the same name must be the same, where this suite has it. */
function setProblem({ requirements: { set, digest } }: Report): readonly string[] {
  if (!/^\d/.test(set)) return [];
  try {
    return readSet(set).digest === digest ? [] : [`the digest is not that of requirement set ${set}`];
  } catch {
    return [`this suite has no requirement set ${set} to compare with`];
  }
}

function isEqual(one: object, two: object): boolean {
  const sorted = (counts: object) => JSON.stringify(Object.entries(counts).sort(([a], [b]) => a.localeCompare(b)));
  return sorted(one) === sorted(two);
}
