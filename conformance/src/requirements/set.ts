/** Requirement sets: which checks count for a version of the contract. A frozen set never changes. */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { CHECKS } from "../checks/index.js";
import type { Clause } from "../clauses/clause.js";
import { CLAUSES } from "../clauses/registry.js";
import { MONITORED } from "../suite/monitors.js";
import type { Result } from "../suite/outcome.js";

/** Version of the file's own schema. */
export const REQUIREMENTS_SCHEMA = "outboard-conformance-requirements/v1";

/** Name of what is not frozen: every check of the suite counts. */
export const DRAFT = "draft";

/** One clause of a set. */
export interface Requirement {
  readonly id: string;
  readonly level: "MUST" | "SHOULD";
  /** SHA-256 of the clause's text. */
  readonly text: string;
  /** Ids of the checks that judge it. A later one is provisional. */
  readonly checks: readonly string[];
}

/** A set, as its file has it. */
export interface RequirementSet {
  readonly schema: typeof REQUIREMENTS_SCHEMA;
  readonly set: string;
  /** SHA-256 over the clauses below, as JSON without blanks. */
  readonly digest: string;
  readonly clauses: readonly Requirement[];
}

/** Where frozen sets lie in this package. */
export const SETS_FOLDER: string = fileURLToPath(new URL("../../requirements/", import.meta.url));

/** Names of the frozen sets, oldest first. */
export function setNames(folder: string = SETS_FOLDER): readonly string[] {
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder).flatMap((file) => /^(\d+\.\d+)\.json$/.exec(file)?.[1] ?? []);
  return names.sort((one, two) => one.localeCompare(two, "en", { numeric: true }));
}

/** A set by name; without a name the newest, and the draft where none is frozen. @throws Error that names the set */
export function readSet(name: string | undefined, folder: string = SETS_FOLDER): RequirementSet {
  const names = setNames(folder);
  const wanted = name ?? names.at(-1) ?? DRAFT;
  if (wanted === DRAFT) return makeSet(DRAFT);
  if (!names.includes(wanted)) throw new Error(`there is no set ${wanted}; there are ${[...names, DRAFT].join(", ")}`);
  const set = JSON.parse(readFileSync(path.join(folder, `${wanted}.json`), "utf8")) as RequirementSet;
  if (set.digest !== clausesDigest(set.clauses)) throw new Error(`the frozen set ${wanted} was changed: wrong digest`);
  return set;
}

/** The set of all that the suite judges now. */
export function makeSet(name: string): RequirementSet {
  const clauses = CLAUSES.flatMap(requirementOf).sort((one, two) => one.id.localeCompare(two.id, "en"));
  return { schema: REQUIREMENTS_SCHEMA, set: name, digest: clausesDigest(clauses), clauses };
}

/** What of a frozen set no longer holds in this suite. */
export function setProblems({ clauses }: RequirementSet): readonly string[] {
  const now = new Map(makeSet(DRAFT).clauses.map((each) => [each.id, each]));
  return clauses.flatMap(({ id, level, text, checks }) => {
    const present = now.get(id);
    if (present === undefined) return [`${id}: the clause or its last check is gone`];
    return [
      ...(present.level === level ? [] : [`${id}: the level was ${level}, it is ${present.level}`]),
      ...(present.text === text ? [] : [`${id}: the text was changed`]),
      ...checks.filter((check) => !present.checks.includes(check)).map((check) => `${check}: the check is gone`),
    ];
  });
}

/** Marks what the set does not have as provisional, and gives each result the set's level. */
export function scorer({ clauses }: RequirementSet): (result: Result) => Result {
  const byCheck = new Map(clauses.flatMap(({ checks, level }) => checks.map((check) => [check, level] as const)));
  return (result) => {
    const level = byCheck.get(result.id);
    if (level !== undefined) return { ...result, level };
    return result.outcome === "not-applicable" ? result : { ...result, isProvisional: true };
  };
}

function requirementOf({ id, level, party, text }: Clause): readonly Requirement[] {
  if (party !== "provider") return [];
  const checks: string[] = CHECKS.filter(({ clause }) => clause === id).map((check) => check.id);
  if (MONITORED.some((each) => each === id)) checks.push(`${id}/monitor`);
  return checks.length === 0 ? [] : [{ id, level, text: sha256(text), checks: checks.sort() }];
}

/** Digest of the clauses of a set. */
export function clausesDigest(clauses: readonly Requirement[]): string {
  return sha256(JSON.stringify(clauses.map(({ id, level, text, checks }) => ({ id, level, text, checks }))));
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
