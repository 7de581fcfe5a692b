/** Which checks a run has. */
import { CHECKS } from "../checks/index.js";
import type { Check } from "../suite/check.js";
import { areaOf, isInProfile } from "../suite/profiles.js";
import { type RunArguments, type Selectors, UsageError } from "./arguments.js";

/** The checks of a run. @throws UsageError when a selector matches nothing. */
export function selectChecks({ profile, selectors }: Pick<RunArguments, "profile" | "selectors">): readonly Check[] {
  const inProfile = CHECKS.filter((check) => isInProfile(check, profile));
  for (const [flag, values, of] of [
    ["--clause", selectors.clauses, (check: Check) => check.clause],
    ["--area", selectors.areas, areaOf],
    ["--test", selectors.tests, (check: Check) => check.id],
    ["--skip", selectors.skips, (check: Check) => check.id],
  ] as const) {
    for (const value of values) {
      if (!inProfile.some((check) => of(check) === value))
        throw new UsageError(`${flag} ${value} matches no check of the profile`);
    }
  }
  const chosen = inProfile.filter((check) => isChosen(check, selectors));
  if (chosen.length === 0) throw new UsageError("no check is selected");
  return chosen;
}

/** True when something narrows the run. */
export function isFiltered({ clauses, areas, tests, skips, grep }: Selectors): boolean {
  return clauses.length + areas.length + tests.length + skips.length > 0 || grep !== undefined;
}

function isChosen(check: Check, { clauses, areas, tests, skips, grep }: Selectors): boolean {
  if (skips.includes(check.id)) return false;
  const isNamed = clauses.includes(check.clause) || areas.includes(areaOf(check)) || tests.includes(check.id);
  const hasNames = clauses.length + areas.length + tests.length > 0;
  if (hasNames && !isNamed) return false;
  return grep === undefined || `${check.id} ${check.title}`.includes(grep);
}
