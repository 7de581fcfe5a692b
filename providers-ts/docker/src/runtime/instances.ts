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

/** One instance is being looked at. */
interface Settling {
  isWantedAgain: boolean;
  done: Promise<void>;
}

type ExitListener = (uid: string, container: string, attempt: number, exit: ContainerExit) => void;
type LostListener = (uid: string) => void;

export class Instances {
  readonly #connection: Connection;
  readonly #logs: LogFollower;
  readonly #known = new Map<string, Identity>();
  readonly #ended = new Map<string, ContainerExit>();
  readonly #settling = new Map<string, Settling>();
  /** Exit codes that events told. */
  readonly #diedWith = new Map<string, number>();
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

  /** From memory: how it ended, if that was told. */
  exitOf(id: string): ContainerExit | undefined {
    return this.#ended.get(id);
  }

  forget(id: string): void {
    this.#known.delete(id);
    this.#ended.delete(id);
    this.#diedWith.delete(id);
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
    if (exitCode !== undefined && this.#known.has(id) && !this.#diedWith.has(id)) this.#diedWith.set(id, exitCode);
    await this.settle(id);
  }

  /**
   * Looks at an instance; if it has ended, completes its log and tells. Whoever comes during a look may know of an end that
   * the look came too early for: there is one more.
   */
  async settle(id: string): Promise<void> {
    const identity = this.#known.get(id);
    if (identity === undefined || this.#ended.has(id)) return;
    const under = this.#settling.get(id);
    if (under !== undefined) {
      under.isWantedAgain = true;
      return await under.done;
    }
    const settling: Settling = { isWantedAgain: true, done: Promise.resolve() };
    this.#settling.set(id, settling);
    settling.done = this.#settleWhileWanted(id, identity, settling);
    await settling.done;
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

  async #settleWhileWanted(id: string, identity: Identity, settling: Settling): Promise<void> {
    try {
      while (settling.isWantedAgain && !this.#ended.has(id)) {
        settling.isWantedAgain = false;
        await this.#settle(id, identity).catch((error: unknown) => {
          if (!settling.isWantedAgain) throw error;
        });
      }
    } finally {
      this.#settling.delete(id);
    }
  }

  async #settle(id: string, identity: Identity): Promise<void> {
    const found = await this.inspect(id);
    if (found !== undefined && !hasEnded(found.State)) return;
    if (found !== undefined && identity.container !== "") await this.#logs.finish(logSource({ id, identity }, found));
    if (!this.#known.has(id)) return;
    const exit = found === undefined ? UNKNOWN : toExit(found.State);
    const exitCode = this.#diedWith.get(id);
    this.#tell(id, identity, exit === UNKNOWN && exitCode !== undefined ? { exitCode, reason: "" } : exit);
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

/** Removed behind our back, or made anew: the engine does not know how it ended. */
const UNKNOWN: ContainerExit = { reason: "ContainerStatusUnknown" };
const UNSTARTED: readonly string[] = ["created", "configured", "initialized"];
const NOT_ENDED: readonly string[] = ["stopping", "paused", "restarting"];
/** A removal of it is under way, or failed. */
const GOING: readonly string[] = ["removing", "dead"];

/** Whether it ran and runs no more. */
export function hasEnded(state: ContainerState): boolean {
  return !state.Running && !NOT_ENDED.includes(state.Status) && !isUnstarted(state);
}

/** Whether it was made and never started. Podman makes one that has ended anew when it is attached to. */
export function isUnstarted({ Status, StartedAt }: ContainerState): boolean {
  return (UNSTARTED.includes(Status) || GOING.includes(Status)) && parseTime(StartedAt) === undefined;
}

/** The same as far as a list tells: true also of one that is being started. */
export function isListedUnstarted({ summary }: Listed): boolean {
  return UNSTARTED.includes(summary.State);
}

export function toExit(state: ContainerState): ContainerExit {
  if (UNSTARTED.includes(state.Status)) return UNKNOWN;
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
