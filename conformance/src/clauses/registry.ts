/** The registry: every clause of the contract by id. The one source for checks, mutants, reports and explanations. */
import { FEATURES } from "@outboard/contract";
import type { Clause, ClauseBody } from "./clause.js";
import { GATEWAY } from "./gateway.js";
import { HANDSHAKE } from "./handshake.js";
import { INTERACTION } from "./interaction.js";
import { LIFE } from "./life.js";
import { NODE } from "./node.js";
import { OBSERVATION } from "./observation.js";
import { REST } from "./rest.js";

type WrittenId =
  | keyof typeof HANDSHAKE
  | keyof typeof NODE
  | keyof typeof LIFE
  | keyof typeof OBSERVATION
  | keyof typeof INTERACTION
  | keyof typeof REST
  | keyof typeof GATEWAY;

/** Id of a clause. FEAT clauses come from the registry of features, one for each feature that names a check. */
export type ClauseId = WrittenId | `FEAT-${number}`;

const WRITTEN: Readonly<Record<WrittenId, ClauseBody>> = {
  ...HANDSHAKE,
  ...NODE,
  ...LIFE,
  ...OBSERVATION,
  ...INTERACTION,
  ...REST,
  ...GATEWAY,
};

/** Every clause, by area and number. */
export const CLAUSES: readonly Clause[] = [
  ...Object.entries<ClauseBody>(WRITTEN).map(([id, body]) => toClause(id, body)),
  ...FEATURES.filter(({ check }) => check !== "").map((row) =>
    toClause(row.check, {
      level: "MUST",
      observe: "workload",
      text: `Feature ${row.id}: ${row.text}`,
      ...(row.base ? {} : { feature: row.id }),
    }),
  ),
];

const BY_ID: ReadonlyMap<string, Clause> = new Map(CLAUSES.map((clause) => [clause.id, clause]));

/** The clause with this id; undefined where there is none. */
export function clauseOf(id: string): Clause | undefined {
  return BY_ID.get(id);
}

/** True for a rule that a provider must keep and that can be seen from outside. */
export function isJudged({ level, party, observe }: Clause): boolean {
  return level === "MUST" && party === "provider" && observe !== "unobservable";
}

function toClause(id: string, body: ClauseBody): Clause {
  return { party: "provider", ...body, id, area: id.slice(0, id.lastIndexOf("-")) };
}
