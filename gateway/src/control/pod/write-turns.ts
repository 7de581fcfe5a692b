/**
 * Status writes wait here for their turn: within the budget of requests first, then for one of a few places. Their pods do not
 * wait with them: a pod goes on with what else there is to do for it, and is queued again when its turn has come.
 */
import type { PatchStatus } from "../../ports/pods.js";

/** Status writes under way at once, all pods together. */
const MOST_WRITES = 16;
/** Most important first. */
const RANKS = 3;

/** Made once: an error made anew for each would cost more than what it ends. */
const GIVEN_BACK = new Error("the turn is not waited for any more");

/** The turn within the budget of requests. */
export type Reserve = (signal: AbortSignal) => PatchStatus | Promise<PatchStatus>;

/** What turns need. */
export interface WriteTurnsOptions {
  /** Has a UID worked on again. */
  readonly requeue: (uid: string) => void;
  /** A step of the pod is under way: it looks for its turn again by itself. */
  readonly isAway: (uid: string) => boolean;
}

interface Ticket {
  readonly uid: string;
  readonly cancel: AbortController;
  rank: number;
  /** undefined: the budget's turn has not come. */
  patch: PatchStatus | undefined;
}

/** One ticket per pod; the lower rank goes first, then who waits the longest. */
export class WriteTurns {
  readonly #options: WriteTurnsOptions;
  readonly #tickets = new Map<string, Ticket>();
  /** Those that wait for a place, by rank. */
  readonly #lines: readonly Set<Ticket>[] = Array.from({ length: RANKS }, () => new Set<Ticket>());
  /** Of these, those that were queued again since a place is free. */
  readonly #called = new Set<Ticket>();
  #active = 0;

  constructor(options: WriteTurnsOptions) {
    this.#options = options;
  }

  /** Writes under way now. */
  get active(): number {
    return this.#active;
  }

  /** A write was asked for and is not under way. */
  has(uid: string): boolean {
    return this.#tickets.has(uid);
  }

  /** It waits for something: the pod is queued again. */
  isWaiting(uid: string): boolean {
    const ticket = this.#tickets.get(uid);
    return ticket !== undefined && (ticket.patch === undefined || this.#active >= MOST_WRITES);
  }

  /** The write to be begun now, and ended with leave(); undefined: its turn is still to come. Asked again, it may gain in rank. */
  enter(uid: string, rank: number, reserve: Reserve): PatchStatus | undefined {
    const ticket = this.#ticketFor(uid, rank, reserve);
    if (ticket.patch === undefined) return undefined;
    this.#called.delete(ticket);
    if (this.#active >= MOST_WRITES) {
      this.#lines[ticket.rank]?.add(ticket);
      return undefined;
    }
    this.#remove(ticket);
    this.#active++;
    return ticket.patch;
  }

  /** A write is over. */
  leave(): void {
    this.#active--;
    this.#callNext();
  }

  /** There is nothing to write any more. */
  drop(uid: string): void {
    const ticket = this.#tickets.get(uid);
    if (ticket === undefined) return;
    this.#remove(ticket);
    ticket.cancel.abort(GIVEN_BACK);
    this.#callNext();
  }

  #ticketFor(uid: string, rank: number, reserve: Reserve): Ticket {
    const known = this.#tickets.get(uid);
    if (known !== undefined && known.rank <= rank) return known;
    if (known?.patch !== undefined) {
      this.#lines[known.rank]?.delete(known);
      known.rank = rank;
      return known;
    }
    known?.cancel.abort(GIVEN_BACK);
    return this.#ask(uid, rank, reserve);
  }

  #ask(uid: string, rank: number, reserve: Reserve): Ticket {
    const ticket: Ticket = { uid, rank, cancel: new AbortController(), patch: undefined };
    this.#tickets.set(uid, ticket);
    const turn = reserve(ticket.cancel.signal);
    if (turn instanceof Promise) void this.#await(ticket, turn);
    else ticket.patch = turn;
    return ticket;
  }

  /** Never rejects: who writes then is told of the failure. */
  async #await(ticket: Ticket, turn: Promise<PatchStatus>): Promise<void> {
    ticket.patch = await turn.catch((error: unknown) => () => Promise.reject(error));
    if (this.#tickets.get(ticket.uid) === ticket) this.#options.requeue(ticket.uid);
  }

  #remove(ticket: Ticket): void {
    this.#tickets.delete(ticket.uid);
    this.#lines[ticket.rank]?.delete(ticket);
    this.#called.delete(ticket);
  }

  /** One for each free place; whoever does not take it is dropped, and the next is called. */
  #callNext(): void {
    let free = MOST_WRITES - this.#active - this.#called.size;
    for (const line of this.#lines) {
      for (const ticket of line) {
        if (free <= 0) return;
        if (this.#called.has(ticket) || this.#options.isAway(ticket.uid)) continue;
        this.#called.add(ticket);
        this.#options.requeue(ticket.uid);
        free--;
      }
    }
  }
}
