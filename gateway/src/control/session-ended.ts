/** The session with the provider, or the node's Lease, ended for good: this process must stop. */
export class SessionEndedError extends Error {
  override readonly name = "SessionEndedError";
  /** Reason of the contract, such as SESSION_SUPERSEDED. */
  readonly reason: string;
  constructor(reason: string, message: string) {
    super(message);
    this.reason = reason;
  }
}
