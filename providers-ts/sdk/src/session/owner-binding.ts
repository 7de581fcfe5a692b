/** Whose pods this endpoint serves: configured, or taken from the first owner's handshake; then for the life of the process. */
import { refuse } from "../errors.js";
import type { Owner } from "../provider.js";

/** The owner of an endpoint. */
export class OwnerBinding {
  #owner: Owner | undefined;
  readonly #onBound: (owner: Owner) => void;

  constructor(onBound: (owner: Owner) => void) {
    this.#onBound = onBound;
  }

  /** Binds, if nobody is bound yet. @throws StatusError FAILED_PRECONDITION / WRONG_OWNER for another pair. */
  bind(owner: Owner): void {
    this.check(owner.clusterId, owner.nodeName);
    if (this.#owner !== undefined) return;
    this.#owner = owner;
    this.#onBound(owner);
  }

  /** Empty texts match everything. @throws StatusError FAILED_PRECONDITION / WRONG_OWNER. */
  check(clusterId: string, nodeName: string): void {
    const bound = this.#owner;
    if (bound === undefined) return;
    const matches = (wanted: string, found: string) => wanted === "" || wanted === found;
    if (matches(clusterId, bound.clusterId) && matches(nodeName, bound.nodeName)) return;
    throw refuse("WRONG_OWNER", `this endpoint serves node ${bound.nodeName} of cluster ${bound.clusterId}`);
  }
}
