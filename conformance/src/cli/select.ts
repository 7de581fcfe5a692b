/** Which checks a run has, and what makes it unofficial. */
import { CHECKS } from "../checks/index.js";
import { clauseOf } from "../clauses/registry.js";
import { PART } from "../report/merge.js";
import { DRAFT, type RequirementSet } from "../requirements/set.js";
import type { Check } from "../suite/check.js";
import { areaOf, isInProfile } from "../suite/profiles.js";
import { type RunArguments, type Selectors, UsageError } from "./arguments.js";
import { didYouMean } from "./nearest.js";

type Selection = Pick<RunArguments, "profile" | "selectors">;

/** The checks of a run. @throws UsageError when a selector matches nothing. */
export function selectChecks({ profile, selectors }: Selection): readonly Check[] {
  const inProfile = CHECKS.filter((check) => isInProfile(check, profile));
  for (const [flag, values, of] of [
    ["--clause", selectors.clauses, ({ clause }: Check) => [clause]],
    ["--area", selectors.areas, (check: Check) => [areaOf(check)]],
    ["--test", selectors.tests, ({ id }: Check) => [id]],
    ["--capability", selectors.capabilities, capabilitiesOf],
    ["--skip", selectors.skips, ({ id }: Check) => [id]],
  ] as const) {
    const known = [...new Set(inProfile.flatMap<string>(of))];
    const wrong = values.find((value) => !known.includes(value));
    if (wrong !== undefined)
      throw new UsageError(`${flag}: ${wrong} matches no check of profile ${profile}${didYouMean(wrong, known)}`);
  }
  const chosen = inProfile.filter((check) => isChosen(check, selectors));
  const part = shardOf(chosen, selectors);
  if (part.length === 0) throw new UsageError("the selection is empty: no check is left to run");
  return part;
}

/** True when selectors, not shards, narrow the run. */
export function isFiltered(selectors: Selectors): boolean {
  const { clauses, areas, tests, capabilities, skips, grep, failed } = selectors;
  const lists = [clauses, areas, tests, capabilities, skips];
  return lists.some((list) => list.length > 0) || grep !== undefined || failed !== undefined;
}

/** True when every check of the suite runs in this process. */
export function isWhole({ profile, selectors }: Selection): boolean {
  return profile === "full" && !isFiltered(selectors) && selectors.shard === undefined;
}

/** Why the verdict of such a run is not official; empty: it is. */
export function unofficialReasons(args: RunArguments, { set }: RequirementSet): readonly string[] {
  const { selectors, scale, baseline } = args;
  return [
    ...(isFiltered(selectors) ? ["only some checks were selected"] : []),
    ...(selectors.shard === undefined ? [] : [PART]),
    ...(scale === 1 ? [] : [`waits were scaled by ${scale}`]),
    ...(baseline === undefined ? [] : ["a baseline was used"]),
    ...(set === DRAFT ? ["the requirement set is a draft"] : []),
  ];
}

function isChosen(check: Check, selectors: Selectors): boolean {
  const { clauses, areas, tests, capabilities, skips, grep, failed } = selectors;
  if (skips.includes(check.id) || failed?.includes(check.id) === false) return false;
  const isNamed =
    clauses.includes(check.clause) ||
    areas.includes(areaOf(check)) ||
    tests.includes(check.id) ||
    capabilitiesOf(check).some((id) => capabilities.includes(id));
  const hasNames = clauses.length + areas.length + tests.length + capabilities.length > 0;
  if (hasNames && !isNamed) return false;
  return grep === undefined || `${check.id} ${check.title}`.includes(grep);
}

function capabilitiesOf({ needs, clause }: Check): readonly string[] {
  const own = clauseOf(clause)?.capability;
  return own === undefined ? needs : [own, ...needs];
}

/** Every M-th check by id: the same parts on every machine. */
function shardOf(checks: readonly Check[], { shard }: Selectors): readonly Check[] {
  if (shard === undefined) return checks;
  const sorted = [...checks].sort((one, two) => (one.id < two.id ? -1 : 1));
  return sorted.filter((_, at) => at % shard.of === shard.index - 1);
}
