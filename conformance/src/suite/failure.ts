/** The three ways in which a check ends early: the provider is wrong, the check cannot be made, or the suite is wrong. */

/** The provider broke the clause. `code` names how, for baselines and mutants. */
export class ClauseFailure extends Error {
  override readonly name = "ClauseFailure";
  readonly code: FailureCode;

  constructor(code: FailureCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** Something that the check needs is not there: a behaviour of the kit, a prepared pod. */
export class NotTestable extends Error {
  override readonly name = "NotTestable";
}

/** How a clause was broken. */
export type FailureCode =
  | "accepted"
  | "refused"
  | "wrong-status"
  | "wrong-value"
  | "missing"
  | "unexpected"
  | "repeated"
  | "late"
  | "early"
  | "order"
  | "changed"
  | "control-failed"
  | "unreachable"
  | "crash";
