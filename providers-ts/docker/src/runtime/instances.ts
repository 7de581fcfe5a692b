/**
 * What the engine has of this owner's pods, and the end of each instance: told once its log is complete. Ends are learnt
 * from events, from a look at everything after each connection, and from whoever asks.
 */
import type { ContainerExit, Owner } from "@outboard/provider-sdk";
import type { Connection } from "../api/connection.js";
import { EngineError, orMissing } from "../api/errors.js";
import type { ContainerInspect, ContainerSummary } from "../api/objects.js";
import type { LogFollower, LogSource } from "../logs/follower.js";
import { type Identity, ownerFilter, readIdentity } from "../plan/labels.js";
import { hasEnded, toExit, UNKNOWN_EXIT } from "./container-state.js";

export interface Known {
  readonly id: string;
  readonly identity: Identity;
}

/** As the engine lists it, without its lock. */
export interface Listed extends Known {
  readonly summary: ContainerSummary;
}

/** What is kept of one instance. */
interface Entry {
  readonly identity: Identity;
  /** Once it was told. */
  exit?: ContainerExit;
  /** The exit code that an event told. */
  diedWith?: number;
  /** One is under way. */
  look?: { isWantedAgain: boolean; readonly done: Promise<void> };
  /** Who waits until the end was told, or the instance forgotten. */
  readonly waiting: Set<() => void>;
}

type ExitListener = (uid: string, container: string, attempt: number, exit: ContainerExit) => void;
type LostListener = (uid: string) => void;

export class Instances {
  readonly #connection: Connection;
  readonly #logs: LogFollower;
  readonly #known = new Map<string, Entry>();
  readonly #exitListeners = new Set<ExitListener>();
  readonly #lostListeners = new Set<LostListener>();

  constructor(connection: Connection, logs: LogFollower) {
    this.#connection = connection;
    this.#logs = logs;
  }

  onExit(listener: ExitListener): void {
    this.#exitListeners.add(listener);
  }

  /** Told when an infra container has ended that is not forgotten. */
  onInfraEnd(listener: LostListener): void {
    this.#lostListeners.add(listener);
  }

  /** Everything of the owner, or of one pod of it; also what was made and never started. */
  async query(owner: Owner, uid?: string): Promise<readonly Listed[]> {
    const filters = JSON.stringify({ label: ownerFilter(owner, uid) });
    const query = new URLSearchParams({ all: "1", filters });
    const path = `/containers/json?${query.toString()}`;
    const found = await this.#connection.json<readonly ContainerSummary[]>({ method: "GET", path });
    return found.flatMap((summary) => {
      const identity = readIdentity(summary.Labels);
      return identity === undefined ? [] : [{ id: summary.Id, identity, summary }];
    });
  }

  /** Undefined: the engine does not know it. */
  async inspect(id: string): Promise<ContainerInspect | undefined> {
    const look = this.#connection.json<ContainerInspect>({ method: "GET", path: `/containers/${id}/json` });
    try {
      return await orMissing(look);
    } catch (error) {
      // Podman fails on a process that ends while it looks.
      if (error instanceof EngineError && error.message.includes("no such process")) return await this.inspect(id);
      throw error;
    }
  }

  /** Follows the log of a running instance; settles one that has ended. Answers what the engine showed. */
  async track(known: Known): Promise<ContainerInspect | undefined> {
    if (!this.#known.has(known.id)) this.#known.set(known.id, { identity: known.identity, waiting: new Set() });
    const found = await this.inspect(known.id);
    // An end after this look is learnt from the events.
    if (found === undefined || hasEnded(found.State)) await this.settle(known.id);
    else if (known.identity.container !== "") this.#logs.follow(logSource(known, found));
    return found;
  }

  /** From memory. */
  find(uid: string, container: string, attempt: number): string | undefined {
    for (const [id, { identity }] of this.#known) {
      if (identity.uid === uid && identity.container === container && identity.attempt === attempt) return id;
    }
    return undefined;
  }

  /** From memory: the pod's last infra container. */
  findInfra(uid: string): string | undefined {
    let last: Known | undefined;
    for (const [id, { identity }] of this.#known) {
      const isLater = identity.attempt >= (last?.identity.attempt ?? 0);
      if (identity.uid === uid && identity.container === "" && isLater) last = { id, identity };
    }
    return last?.id;
  }

  /** From memory: how it ended, if that was told. */
  exitOf(id: string): ContainerExit | undefined {
    return this.#known.get(id)?.exit;
  }

  forget(id: string): void {
    const entry = this.#known.get(id);
    this.#known.delete(id);
    for (const listener of entry?.waiting ?? []) listener();
  }

  /** Whether it was started, as far as this process knows. */
  isKnown(id: string): boolean {
    return this.#known.has(id);
  }

  knownIds(): readonly string[] {
    return [...this.#known.keys()];
  }

  /** It has ended, by an event. */
  async died(id: string, exitCode: number | undefined): Promise<void> {
    const entry = this.#known.get(id);
    if (entry !== undefined && exitCode !== undefined) entry.diedWith ??= exitCode;
    await this.settle(id);
  }

  /**
   * Looks at an instance; if it has ended, completes its log and tells. Whoever comes during a look may know of an end that
   * the look came too early for: there is one more.
   */
  async settle(id: string): Promise<void> {
    const entry = this.#known.get(id);
    if (entry === undefined || entry.exit !== undefined) return;
    if (entry.look === undefined) entry.look = { isWantedAgain: false, done: this.#look(id, entry) };
    else entry.look.isWantedAgain = true;
    await entry.look.done;
  }

  /** Resolves once the end was told, or the instance forgotten; true at once where that has happened. */
  async untilEnded(id: string, signal: AbortSignal): Promise<boolean> {
    const entry = this.#known.get(id);
    if (entry === undefined || entry.exit !== undefined) return true;
    return await new Promise((resolve) => {
      const done = (isEnded: boolean): void => {
        entry.waiting.delete(ended);
        signal.removeEventListener("abort", gaveUp);
        resolve(isEnded);
      };
      const ended = (): void => done(true);
      const gaveUp = (): void => done(false);
      entry.waiting.add(ended);
      signal.addEventListener("abort", gaveUp);
      if (signal.aborted) gaveUp();
    });
  }

  async #look(id: string, entry: Entry): Promise<void> {
    let failure: unknown;
    do {
      if (entry.look !== undefined) entry.look.isWantedAgain = false;
      failure = await this.#lookOnce(id, entry).catch((error: unknown) => error);
    } while (entry.look?.isWantedAgain === true && entry.exit === undefined);
    delete entry.look;
    if (failure !== undefined) throw failure;
  }

  async #lookOnce(id: string, entry: Entry): Promise<void> {
    const { identity } = entry;
    const found = await this.inspect(id);
    if (found !== undefined && !hasEnded(found.State)) return;
    if (found !== undefined && identity.container !== "") await this.#logs.finish(logSource({ id, identity }, found));
    if (this.#known.get(id) !== entry) return;
    const exit = found === undefined ? UNKNOWN_EXIT : toExit(found.State);
    this.#tell(
      id,
      entry,
      exit === UNKNOWN_EXIT && entry.diedWith !== undefined ? { exitCode: entry.diedWith, reason: "" } : exit,
    );
  }

  #tell(id: string, entry: Entry, exit: ContainerExit): void {
    entry.exit = exit;
    const { uid, container, attempt } = entry.identity;
    if (container === "") this.#tellLost(uid, id);
    else for (const listener of this.#exitListeners) listener(uid, container, attempt, exit);
    for (const listener of entry.waiting) listener();
  }

  /** One that another has followed is no loss. */
  #tellLost(uid: string, id: string): void {
    if (this.findInfra(uid) === id) for (const listener of this.#lostListeners) listener(uid);
  }
}

function logSource({ id, identity }: Known, found: ContainerInspect): LogSource {
  return { id, tty: found.Config.Tty === true, logPath: identity.logPath };
}
