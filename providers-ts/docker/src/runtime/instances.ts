/**
 * What the engine has of this owner's pods, and the end of each instance: told once its log is complete. Ends are learnt
 * from events, from a look at everything after each connection, and from whoever asks.
 */
import type { ContainerExit, Owner } from "@outboard/provider-sdk";
import type { Connection } from "../api/connection.js";
import { EngineError, orMissing } from "../api/errors.js";
import type { ContainerInspect, ContainerState, ContainerSummary } from "../api/objects.js";
import type { LogFollower, LogSource } from "../logs/follower.js";
import { type Identity, ownerFilter, readIdentity } from "../plan/labels.js";
import { parseTime } from "../plan/times.js";

export interface Known {
  readonly id: string;
  readonly identity: Identity;
}

/** As the engine lists it, without its lock. */
export interface Listed extends Known {
  readonly summary: ContainerSummary;
}

type ExitListener = (uid: string, container: string, attempt: number, exit: ContainerExit) => void;
type LostListener = (uid: string) => void;

export class Instances {
  readonly #connection: Connection;
  readonly #logs: LogFollower;
  readonly #known = new Map<string, Identity>();
  readonly #ended = new Map<string, ContainerExit>();
  readonly #settling = new Map<string, Promise<void>>();
  readonly #waiting = new Map<string, Set<() => void>>();
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
    this.#known.set(known.id, known.identity);
    const found = await this.inspect(known.id);
    // An end after this look is learnt from the events.
    if (found === undefined || hasEnded(found.State)) await this.settle(known.id);
    else if (known.identity.container !== "") this.#logs.follow(logSource(known, found));
    return found;
  }

  /** From memory. */
  find(uid: string, container: string, attempt: number): string | undefined {
    for (const [id, identity] of this.#known) {
      if (identity.uid === uid && identity.container === container && identity.attempt === attempt) return id;
    }
    return undefined;
  }

  /** From memory: the pod's last infra container. */
  findInfra(uid: string): string | undefined {
    let last: Known | undefined;
    for (const [id, identity] of this.#known) {
      const isLater = identity.attempt >= (last?.identity.attempt ?? 0);
      if (identity.uid === uid && identity.container === "" && isLater) last = { id, identity };
    }
    return last?.id;
  }

  forget(id: string): void {
    this.#known.delete(id);
    this.#ended.delete(id);
  }

  knownIds(): readonly string[] {
    return [...this.#known.keys()];
  }

  /** Looks at an instance; if it has ended, completes its log and tells. */
  async settle(id: string): Promise<void> {
    const identity = this.#known.get(id);
    if (identity === undefined || this.#ended.has(id)) return;
    let settling = this.#settling.get(id);
    if (settling === undefined) {
      settling = this.#settle(id, identity).finally(() => this.#settling.delete(id));
      this.#settling.set(id, settling);
    }
    await settling;
  }

  /** Resolves once the end was told; true at once where that has happened. */
  async untilEnded(id: string, signal: AbortSignal): Promise<boolean> {
    if (this.#ended.has(id) || !this.#known.has(id)) return true;
    return await new Promise((resolve) => {
      const listeners = this.#waiting.get(id) ?? new Set();
      this.#waiting.set(id, listeners);
      const done = (isEnded: boolean): void => {
        listeners.delete(ended);
        signal.removeEventListener("abort", gaveUp);
        resolve(isEnded);
      };
      const ended = (): void => done(true);
      const gaveUp = (): void => done(false);
      listeners.add(ended);
      signal.addEventListener("abort", gaveUp);
      if (signal.aborted) gaveUp();
    });
  }

  async #settle(id: string, identity: Identity): Promise<void> {
    const found = await this.inspect(id);
    if (found !== undefined && !hasEnded(found.State)) return;
    if (found !== undefined && identity.container !== "") await this.#logs.finish(logSource({ id, identity }, found));
    if (!this.#known.has(id)) return;
    // Removed behind our back: nobody knows how it ended.
    this.#tell(id, identity, found === undefined ? { reason: "ContainerStatusUnknown" } : toExit(found.State));
  }

  #tell(id: string, identity: Identity, exit: ContainerExit): void {
    this.#ended.set(id, exit);
    const { uid, container, attempt } = identity;
    if (container === "") this.#tellLost(uid, id);
    else for (const listener of this.#exitListeners) listener(uid, container, attempt, exit);
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    for (const listener of waiting ?? []) listener();
  }

  /** One that another has followed is no loss. */
  #tellLost(uid: string, id: string): void {
    if (this.findInfra(uid) === id) for (const listener of this.#lostListeners) listener(uid);
  }
}

const UNSTARTED: readonly string[] = ["created", "configured", "initialized"];
const NOT_ENDED: readonly string[] = ["stopping", "paused", "restarting"];
/** A removal of it is under way, or failed. */
const GOING: readonly string[] = ["removing", "dead"];

/** Whether it ran and runs no more. */
export function hasEnded(state: ContainerState): boolean {
  return !state.Running && !NOT_ENDED.includes(state.Status) && !isUnstarted(state);
}

/** Whether it was made and never started. */
export function isUnstarted({ Status, StartedAt }: ContainerState): boolean {
  return UNSTARTED.includes(Status) || (GOING.includes(Status) && parseTime(StartedAt) === undefined);
}

/** The same as far as a list tells: true also of one that is being started. */
export function isListedUnstarted({ summary }: Listed): boolean {
  return UNSTARTED.includes(summary.State);
}

export function toExit(state: ContainerState): ContainerExit {
  const startedAt = parseTime(state.StartedAt);
  const finishedAt = parseTime(state.FinishedAt);
  return {
    exitCode: state.ExitCode,
    reason: state.OOMKilled === true ? "OOMKilled" : "",
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(finishedAt === undefined ? {} : { finishedAt }),
  };
}

function logSource({ id, identity }: Known, found: ContainerInspect): LogSource {
  return { id, tty: found.Config.Tty === true, logPath: identity.logPath };
}
