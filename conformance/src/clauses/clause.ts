/** What a clause is: one rule of the contract with a permanent id, and how a judge can see that it is kept. */
import type { CapabilityId, FeatureId } from "@outboard/contract";

/** Where a rule can be seen. */
export type Observability = "wire" | "workload" | "control" | "restart" | "unobservable";

/** One rule, as the data files write it. */
export interface ClauseBody {
  readonly level: "MUST" | "SHOULD";
  /** Default: provider. Clauses of the gateway are judged by the gateway's own tests. */
  readonly party?: "provider" | "gateway";
  readonly observe: Observability;
  readonly text: string;
  readonly capability?: CapabilityId;
  readonly feature?: FeatureId;
  /** The time that the rule allows, milliseconds. */
  readonly limitMs?: number;
  /** Allowed refusals, "CODE/REASON"; the first is preferred. */
  readonly codes?: readonly string[];
  /** Why nobody outside can see it. Required for unobservable clauses of the provider. */
  readonly why?: string;
}

/** One rule with its id and area. */
export interface Clause extends ClauseBody {
  readonly id: string;
  readonly area: string;
  readonly party: "provider" | "gateway";
}
