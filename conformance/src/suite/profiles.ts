/** Profiles: which areas belong to which promise. */
import type { Check } from "./check.js";

/** Name of a profile. */
export type Profile = "core" | "interactive" | "observability" | "full";

export const PROFILES: readonly Profile[] = ["core", "interactive", "observability", "full"];

const CORE = [
  "HS",
  "SESS",
  "HEALTH",
  "NODE",
  "CREATE",
  "STOP",
  "REL",
  "GET",
  "OBS",
  "WATCH",
  "EVENT",
  "INPUT",
  "ERR",
  "CAP",
  "X",
];

const AREAS: Readonly<Record<Exclude<Profile, "full">, readonly string[]>> = {
  core: CORE,
  interactive: [...CORE, "LOGS", "EXEC", "ATTACH", "PF"],
  observability: [...CORE, "LOGS", "STATS"],
};

/** Area of a check. */
export function areaOf({ clause }: Pick<Check, "clause">): string {
  return clause.slice(0, clause.lastIndexOf("-"));
}

/** True if the profile asks for the check. */
export function isInProfile(check: Check, profile: Profile): boolean {
  return profile === "full" || AREAS[profile].includes(areaOf(check));
}
