/**
 * Sessions of one process: one owner, fenced, and observers. Knows who is superseded, who is unknown, and ends the
 * sessions that a later handshake replaces.
 */
import { randomBytes } from "node:crypto";
import type { StatusError } from "@outboard/contract";
import { refuse } from "../errors.js";

/** Superseded sessions that are remembered; the contract asks for 64. */
const MAX_SUPERSEDED = 256;
/** Observers that are kept; the oldest is dropped. */
const MAX_OBSERVERS = 64;

/** One open session. */
export interface Session {
  readonly id: string;
  readonly mode: "owner" | "observer";
  /** Aborts, with the StatusError that ends its watches, when the session is replaced. */
  readonly ended: AbortSignal;
}

interface OpenSession extends Session {
  readonly controller: AbortController;
}

interface OwnerSession extends OpenSession {
  readonly instanceId: string;
  readonly fencing: bigint;
}

/** The session table. */
export class Sessions {
  #owner: OwnerSession | undefined;
  readonly #observers = new Map<string, OpenSession>();
  readonly #superseded = new Set<string>();

  /** Opens the owner's session. @throws StatusError ABORTED / SESSION_SUPERSEDED when a newer owner was here. */
  openOwner(instanceId: string, fencing: bigint): Session {
    const before = this.#owner;
    if (before !== undefined) this.#replace(before, instanceId, fencing);
    this.#owner = { ...open("owner"), instanceId, fencing };
    return this.#owner;
  }

  /** Opens an observer's session; never ends an owner. */
  openObserver(): Session {
    const session = open("observer");
    this.#observers.set(session.id, session);
    const oldest = this.#observers.values().next().value;
    if (this.#observers.size > MAX_OBSERVERS && oldest !== undefined) {
      this.#observers.delete(oldest.id);
      oldest.controller.abort(lost());
    }
    return session;
  }

  /** @throws StatusError UNAUTHENTICATED / SESSION or ABORTED / SESSION_SUPERSEDED. */
  find(id: string | undefined): Session {
    if (id === undefined || id === "") throw refuse("SESSION", "the metadata outboard-session is missing");
    if (this.#owner?.id === id) return this.#owner;
    const observer = this.#observers.get(id);
    if (observer !== undefined) return observer;
    throw this.#superseded.has(id) ? superseded(this.#owner?.fencing ?? 0n) : lost();
  }

  #replace(before: OwnerSession, instanceId: string, fencing: bigint): void {
    const sameInstance = before.instanceId === instanceId;
    if (fencing < before.fencing || (fencing === before.fencing && !sameInstance)) throw superseded(before.fencing);
    if (sameInstance) return before.controller.abort(lost());
    this.#superseded.add(before.id);
    const oldest = this.#superseded.values().next().value;
    if (this.#superseded.size > MAX_SUPERSEDED && oldest !== undefined) this.#superseded.delete(oldest);
    before.controller.abort(superseded(fencing));
  }
}

function open(mode: Session["mode"]): OpenSession {
  const controller = new AbortController();
  return { id: randomBytes(24).toString("base64url"), mode, controller, ended: controller.signal };
}

function lost(): StatusError {
  return refuse("SESSION", "the session is not known; shake hands again");
}

function superseded(fencing: bigint): StatusError {
  return refuse("SESSION_SUPERSEDED", "a newer owner has taken over", {
    metadata: new Map([["fencing", String(fencing)]]),
  });
}
