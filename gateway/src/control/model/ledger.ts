/**
 * The model: a few facts per UID, kept from what really happened at the fakes, and the laws that each call and each write must
 * keep. Breaches are collected and told by verify().
 */
import { sameValue } from "../../domain/json-diff.js";
import type { Pod, PodStatus } from "../../domain/kubernetes.js";
import type { PodObservation } from "../../domain/observation.js";
import type { Clock } from "../../ports/clock.js";
import type { CreateOrder } from "../../ports/provider.js";
import type { FakeApi } from "../testing/fake-api.js";
import type { FakeProvider } from "../testing/fake-provider.js";
import { createFacts, type Facts, type Policy } from "./facts.js";
import { createProblems } from "./create-rules.js";
import { isTerminalPhase } from "./rules.js";
import { type StatusWrite, writeProblems } from "./write-rules.js";

/** Ended instances kept in order per pod: sixteen observations, of which the newest may show another one running. */
const MOST_OWED = 15;
/** Reasons of stops that a provider process without tombstones, and a gateway that was killed before it told, forget. */
const PASSING: ReadonlySet<string> = new Set(["deadline", "evicted"]);
/** For how long a pod waits for room, less what rounding to seconds takes. */
const CAPACITY_MS = 299_000;

/** A PATCH: the object before, what the gateway thought it had and wanted, and what came of it. */
export interface DoneWrite extends Omit<StatusWrite, "facts" | "before"> {
  readonly pod: Pod;
}

/** The ledger. */
export class Ledger {
  readonly facts: Map<string, Facts> = new Map();
  /** Processes of provider and gateway, ever. */
  processes = 1;
  gateways = 1;
  sessions = 0;
  /** Pods that end and must be stopped again, after an epoch change, before any pod is created. */
  readonly #stopFirst = new Set<string>();
  readonly #calls: string[] = [];
  readonly #breaches: string[] = [];
  readonly #clock: Clock;
  readonly #api: FakeApi;
  readonly #backend: FakeProvider;

  constructor(clock: Clock, api: FakeApi, backend: FakeProvider) {
    this.#clock = clock;
    this.#api = api;
    this.#backend = backend;
  }

  /** @throws with all breaches until now */
  verify(): void {
    if (this.#breaches.length > 0) throw new Error(this.#breaches.join("\n"));
  }

  breach(uid: string, text: string): void {
    this.#breaches.push(`${uid}: ${text}`);
  }

  /** Calls of the gateways since the last time that this was asked. */
  takeCalls(): readonly string[] {
    return this.#calls.splice(0);
  }

  called(call: string): void {
    this.#calls.push(call);
  }

  created({ metadata, spec }: Pod): void {
    const { uid } = metadata;
    const policy = (spec.restartPolicy ?? "Always") as Policy;
    const createdAt = this.#clock.now();
    this.facts.set(uid, createFacts({ uid, policy, deadlineSeconds: spec.activeDeadlineSeconds, createdAt }));
  }

  unwanted(uid: string): void {
    const facts = this.#of(uid);
    if (facts.unwanted === "no") facts.unwanted = "yes";
    facts.foreign++;
  }

  /** Time has passed: what the API's watch has told is known. */
  settled(): void {
    if (this.#api.hasUntold()) return;
    for (const facts of this.facts.values()) if (facts.unwanted === "yes") facts.unwanted = "known";
  }

  foreignWrite(uid: string, terminal: boolean): void {
    const facts = this.#of(uid);
    facts.foreign++;
    if (terminal) facts.foreignEnd = true;
  }

  lost(uid: string): void {
    const facts = this.#of(uid);
    if (this.#backend.pods.get(uid)?.stage !== "ended") facts.ended = false;
    facts.losses++;
  }

  noRoom(uid: string): void {
    this.#of(uid).noRoomSince ??= this.#clock.now();
  }

  refused(uid: string): void {
    this.#of(uid).refused = true;
  }

  /** CreatePod is being sent. */
  asksCreate(order: CreateOrder): void {
    const { uid } = order;
    const facts = this.#of(uid);
    const pod = this.#api.pods.get(uid);
    if (facts.unwanted === "known") this.breach(uid, "CreatePod for a pod that the API wants ended or no longer has");
    for (const first of this.#stopFirst)
      if (this.#isEnding(first)) this.breach(uid, `created before ${first} was stopped`);
    const isKnown = this.#backend.pods.has(uid) || this.#backend.tombstones.has(uid);
    if (pod !== undefined && !isKnown) {
      for (const problem of createProblems({ facts, pod, order, now: this.#clock.now() })) this.breach(uid, problem);
    }
    facts.asking = true;
  }

  /** CreatePod was answered with OK. */
  answered(uid: string): void {
    this.#of(uid).asking = false;
  }

  /** A new backend object was made. */
  started(uid: string): void {
    const facts = this.#of(uid);
    facts.starts++;
    if (facts.starts > facts.losses + 1) this.breach(uid, "created twice");
    for (const [reason, process] of facts.stops) {
      const isForgotten = (process < this.processes || facts.losses > 0) && PASSING.has(reason);
      if (!isForgotten) this.breach(uid, `created after StopPod (${reason})`);
    }
  }

  stopped(uid: string, grace: number, reason: string): void {
    const facts = this.#of(uid);
    const age = this.#clock.now() - facts.createdAt;
    facts.stops.set(reason, this.processes);
    this.#stopFirst.delete(uid);
    facts.lastGrace = Math.min(grace, facts.lastGrace);
    if (grace < 1 && reason !== "evicted") this.breach(uid, "stopped without grace");
    if (reason === "deadline" && age < ((facts.deadlineSeconds ?? Number.POSITIVE_INFINITY) - 1) * 1000)
      this.breach(uid, "stopped before its deadline");
    if (reason === "evicted" && (facts.noRoomSince === undefined || age < CAPACITY_MS))
      this.breach(uid, "given up before its time");
  }

  asksRelease(uid: string): void {
    if (this.#api.pods.has(uid)) this.breach(uid, "released while the API has the object");
  }

  /** Pods that the gateway knows to be deleted, and that run. */
  dueStops(): readonly string[] {
    const uids = [...this.facts.values()].filter(({ unwanted }) => unwanted === "known").map(({ uid }) => uid);
    return uids.filter((uid) => {
      const pod = this.#api.pods.get(uid);
      const stage = this.#backend.pods.get(uid)?.stage ?? "ended";
      return pod !== undefined && !isTerminalPhase(pod.status) && stage !== "ended" && stage !== "stopping";
    });
  }

  /** The final DELETE is being sent. */
  deletes(uid: string): void {
    const status = this.#api.pods.get(uid)?.status;
    if (status === undefined) return;
    if (!isTerminalPhase(status)) this.breach(uid, "DELETE before the terminal status was stored");
    this.#checkExit(uid, status, "DELETE");
    this.#checkNothingRuns(uid, "DELETE");
  }

  /** The watch of this gateway was told. */
  told(observation: PodObservation): void {
    const facts = this.#of(observation.uid);
    const { epoch, revision, stage } = observation;
    if (facts.lastTold?.epoch === epoch && facts.lastTold.revision >= revision) return;
    facts.lastTold = { epoch, revision, stage };
    facts.asksInputs = observation.needsInputs;
    facts.missed = false;
    facts.notFound = false;
    facts.told++;
    const [container] = observation.containers;
    if (container?.state.kind === "terminated") this.#owe(facts, container.restartCount);
  }

  /** The backend published an observation, whether anybody hears it or not. */
  published({ uid, stage }: PodObservation): void {
    if (stage === "ended") this.#of(uid).ended = true;
  }

  /** A complete snapshot has these alone. */
  missed(present: ReadonlySet<string>): void {
    for (const facts of this.facts.values()) {
      if (present.has(facts.uid)) continue;
      facts.missed = true;
      facts.asksInputs = false;
      facts.owed = [];
    }
  }

  notFound(uid: string): void {
    this.#of(uid).notFound = true;
  }

  /**
   * The gateway heard of a new epoch: what ends must be stopped again first. A stop that the new process accepted before its
   * first snapshot is such a one. What was told and not written is nobody's debt.
   */
  newEpoch(): void {
    this.#stopFirst.clear();
    for (const facts of this.facts.values()) {
      facts.owed = [];
      const isStopped = [...facts.stops.values()].includes(this.processes);
      if (facts.unwanted === "known" && !isStopped && this.#isEnding(facts.uid)) this.#stopFirst.add(facts.uid);
    }
  }

  /** A new process of the gateway knows nothing of what was told. */
  newGateway(): void {
    this.gateways++;
    this.#stopFirst.clear();
    for (const facts of this.facts.values()) {
      facts.owed = [];
      facts.lastTold = undefined;
      facts.asking = false;
    }
  }

  /** A PATCH of the status was done. */
  wrote({ pod, from, to, after, wasTold }: DoneWrite): void {
    const facts = this.#of(pod.metadata.uid);
    const before = pod.status ?? {};
    this.#count(facts, before, after);
    for (const text of writeProblems({ facts, before, from, to, after, wasTold })) this.breach(facts.uid, text);
    if (!isTerminalPhase(after) || isTerminalPhase(before)) return;
    this.#checkMayEnd(facts, after);
    this.#checkNothingRuns(facts.uid, "terminal phase");
    this.#checkExit(facts.uid, after, "terminal phase");
  }

  /** Bounds over the life of the UID. */
  checkBounds(): void {
    for (const { uid, writes, told, foreign } of this.facts.values()) {
      const most = 4 + told + 2 * foreign + 2 * (this.gateways + this.sessions);
      if (writes > most) this.breach(uid, `${writes} writes, ${most} changes`);
    }
  }

  /** The end of an instance is to be shown, unless it is already. */
  #owe(facts: Facts, restartCount: number): void {
    const shown = this.#api.pods.get(facts.uid)?.status?.containerStatuses?.[0];
    const isShown = shown?.state?.terminated !== undefined && shown.restartCount === restartCount;
    if (isShown || facts.owed.at(-1) === restartCount) return;
    facts.owed.push(restartCount);
    if (facts.owed.length > MOST_OWED) facts.owed.shift();
  }

  /** Only who was not told may write what the API has. */
  #count(facts: Facts, before: PodStatus, after: PodStatus): void {
    const hasChanged = !sameValue(before, after);
    if (hasChanged) facts.writes++;
    else if (!facts.unanswered && !this.#api.hasUntold()) this.breach(facts.uid, "a write that changed nothing");
    facts.unanswered = this.#api.loseAnswers;
  }

  /** Being deleted, and not ended as far as anybody knows: that the backend loses what was told to have ended changes nothing. */
  #isEnding(uid: string): boolean {
    const pod = this.#api.pods.get(uid);
    const isOver = this.#of(uid).lastTold?.stage === "ended" || this.#backend.pods.get(uid)?.stage === "ended";
    return pod !== undefined && !isTerminalPhase(pod.status) && !isOver;
  }

  #of(uid: string): Facts {
    const facts = this.facts.get(uid);
    if (facts === undefined) throw new Error(`the model does not know ${uid}`);
    return facts;
  }

  #checkMayEnd(facts: Facts, after: PodStatus): void {
    const isStopped =
      facts.unwanted !== "no" ? facts.stops.size > 0 : [...PASSING].some((reason) => facts.stops.has(reason));
    if (facts.ended || facts.refused || facts.losses > 0 || isStopped) return;
    this.breach(facts.uid, `phase ${after.phase} without the provider's word`);
  }

  #checkNothingRuns(uid: string, what: string): void {
    const pod = this.#backend.pods.get(uid);
    if (pod !== undefined && pod.stage !== "ended" && !this.#of(uid).foreignEnd) {
      this.breach(uid, `${what} while the backend still has it (${pod.stage})`);
    }
  }

  #checkExit(uid: string, status: PodStatus, what: string): void {
    const pod = this.#backend.pods.get(uid);
    const state = pod?.stage === "ended" ? pod.containers[0]?.state : undefined;
    if (state?.kind !== "terminated") return;
    const shown = status.containerStatuses?.[0]?.state?.terminated?.exitCode;
    if (shown !== (state.exitCode ?? 137))
      this.breach(uid, `${what} with exit code ${shown}, it was ${state.exitCode}`);
  }
}
