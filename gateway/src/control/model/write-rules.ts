/** What a status write may never do. */
import type { PodStatus } from "../../domain/kubernetes.js";
import { podStatusPatch } from "../../domain/status-diff.js";
import type { Facts } from "./facts.js";
import { isTerminalPhase } from "./rules.js";

/** One write: what the API had, what the gateway thought it had and wanted, and what the API has now. */
export interface StatusWrite {
  readonly facts: Facts;
  readonly before: PodStatus;
  readonly from: PodStatus;
  readonly to: PodStatus;
  readonly after: PodStatus;
  /** The watch had told everything before. */
  readonly wasTold: boolean;
}

/** All breaches of one write; notes in the facts what is shown now. */
export function writeProblems(write: StatusWrite): readonly string[] {
  const { before, from, to, after, wasTold } = write;
  const problems = [...countProblems(write), ...orderProblems(write)];
  if (podStatusPatch(from, to) === undefined) problems.push("a write without a difference");
  if (isTerminalPhase(before) && before.phase !== after.phase && (wasTold || !write.facts.foreignEnd))
    problems.push(`phase ${before.phase} became ${after.phase}`);
  if (before.startTime !== undefined && before.startTime !== after.startTime) problems.push("startTime changed");
  write.facts.startTime = after.startTime;
  return problems;
}

function countProblems({ facts, after }: StatusWrite): readonly string[] {
  const count = after.containerStatuses?.[0]?.restartCount;
  if (count === undefined) return [];
  const problem = count < facts.restartCount ? [`restart count fell from ${facts.restartCount} to ${count}`] : [];
  facts.restartCount = count;
  return problem;
}

/** No ended instance is skipped when a later one is shown. */
function orderProblems({ facts, after }: StatusWrite): readonly string[] {
  const shown = after.containerStatuses?.[0];
  if (shown === undefined) return [];
  const isEnd = shown.state?.terminated !== undefined;
  const skipped = facts.owed.filter((count) => count < shown.restartCount);
  facts.owed = facts.owed.filter((count) => (isEnd ? count > shown.restartCount : count >= shown.restartCount));
  return skipped.map((count) => `the end of instance ${count} was never shown, ${shown.restartCount} is`);
}
