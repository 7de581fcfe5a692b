/**
 * Rules that hold for all traffic of a run. Every message of the provider passes here; what breaks a rule is kept with its
 * clause and shown as a check of its own at the end.
 */
import { checkLimits, isStatusError, type PodObservation, REASONS, type WatchPodsResponse } from "@outboard/contract";
import type { ClauseId } from "../clauses/registry.js";
import type { FailureCode } from "./failure.js";
import { observationRules, type PodHistory } from "./observation-rules.js";
import { codeText } from "./status-text.js";
import { WatchRules } from "./watch-rules.js";

/** A rule that was broken. */
export interface Finding {
  readonly clause: ClauseId;
  readonly code: FailureCode;
  readonly message: string;
}

/** Clauses that monitors judge, and no other check needs to. */
export const MONITORED: readonly ClauseId[] = [
  "OBS-01",
  "OBS-02",
  "OBS-03",
  "OBS-05",
  "OBS-07",
  "OBS-08",
  "OBS-09",
  "OBS-10",
  "OBS-11",
  "OBS-12",
  "OBS-13",
  "OBS-18",
  "WATCH-05",
  "WATCH-08",
  "WATCH-15",
  "WATCH-16",
  "EVENT-01",
  "EVENT-02",
  "EVENT-04",
  "ERR-01",
  "ERR-02",
  "ERR-03",
  "ERR-04",
  "LOGS-07",
  "EXEC-18",
  "PF-09",
  "X-06",
];

const MAX_FINDINGS = 200;
const PROVIDER_CODES: ReadonlyMap<string, string> = new Map(REASONS.map(({ name, code }) => [name, code]));
/** Codes that libraries and time make; they need no ErrorInfo. */
const LIBRARY_CODES: readonly string[] = ["CANCELLED", "DEADLINE_EXCEEDED", "UNAVAILABLE", "UNIMPLEMENTED"];

/** Watches a run. */
export class Monitors {
  readonly findings: Finding[] = [];
  readonly #exercised = new Set<ClauseId>();
  readonly #pods = new Map<string, PodHistory>();
  readonly #watch: WatchRules;
  /** A secret that was sent; it must come back nowhere. */
  readonly canary: string;
  /** Epochs that handshakes named. */
  readonly epochs: Set<string> = new Set();

  constructor(canary: string) {
    this.canary = canary;
    this.#watch = new WatchRules((clause, code, message) => this.report(clause, code, message));
  }

  /** True once something was seen that the rule speaks of. */
  isExercised(clause: ClauseId): boolean {
    return this.#exercised.has(clause);
  }

  report(clause: ClauseId, code: FailureCode, message: string): void {
    if (this.findings.length < MAX_FINDINGS) this.findings.push({ clause, code, message });
  }

  /** A message of the provider. */
  answer(type: string, message: unknown, call: object): void {
    this.#see("X-06");
    for (const { field, description } of checkLimits(type, message)) {
      this.report(chunkClause(type, field), "wrong-value", `${type}.${field} ${description}`);
    }
    for (const clause of chunksOf(type)) this.#see(clause);
    if (type.endsWith(".GetPodResponse")) this.#observe((message as { readonly pod?: PodObservation }).pod);
    if (type.endsWith(".WatchPodsResponse")) this.#watched(message as WatchPodsResponse, call);
    this.#lookForCanary(type, message);
  }

  /** A status other than OK. */
  error(method: string, error: unknown): void {
    if (!isStatusError(error)) return;
    this.#see("ERR-01", "ERR-02", "ERR-03");
    const text = codeText(error);
    const bare = text.split("/")[0] ?? "";
    if (error.reason === undefined && !LIBRARY_CODES.includes(bare)) {
      this.report("ERR-01", "missing", `${method} failed with ${text} and without ErrorInfo`);
    }
    if (error.reason !== undefined) this.#checkReason(method, error.reason, bare);
    if (/\n\s+at |Traceback|goroutine \d+ \[/.test(error.message)) {
      this.report("ERR-03", "unexpected", `${method}: the message of ${text} holds a stack trace`);
    }
    this.#lookForCanary(method, { message: error.message, metadata: [...error.metadata] });
  }

  #checkReason(method: string, reason: string, code: string): void {
    const expected = PROVIDER_CODES.get(reason);
    if (expected === undefined) this.report("ERR-01", "wrong-value", `${method}: there is no reason ${reason}`);
    else if (expected !== code) this.report("ERR-02", "wrong-status", `${method}: ${reason} came with ${code}`);
  }

  #watched(message: WatchPodsResponse, call: object): void {
    this.#see("WATCH-05", "WATCH-15");
    if (message.event?.$case === "observation") this.#observe(message.event.value);
    if (message.event?.$case === "podEvent") this.#see("EVENT-01", "EVENT-02", "EVENT-04");
    if (message.event?.$case === "podForgotten") this.#see("WATCH-08", "WATCH-16");
    this.#watch.message(message, call);
  }

  #observe(pod: PodObservation | undefined): void {
    if (pod === undefined) return;
    this.#see(...observationRules(this.#historyOf(pod.uid, pod.epoch), pod, this));
    if (!this.epochs.has(pod.epoch)) {
      this.report("OBS-01", "wrong-value", `pod ${pod.uid}: its epoch is not one that a handshake named`);
    }
  }

  #historyOf(uid: string, epoch: string): PodHistory {
    const key = `${epoch} ${uid}`;
    const history = this.#pods.get(key) ?? { byRevision: new Map(), last: undefined };
    this.#pods.set(key, history);
    return history;
  }

  #lookForCanary(where: string, message: unknown): void {
    this.#see("ERR-04");
    if (/Logs|Exec|Attach|PortForward/.test(where)) return; // what a container prints is its own
    if (holds(message, this.canary)) this.report("ERR-04", "unexpected", `${where}: a secret came back`);
  }

  #see(...clauses: readonly ClauseId[]): void {
    for (const clause of clauses) this.#exercised.add(clause);
  }
}

function chunkClause(type: string, field: string): ClauseId {
  if (type.endsWith(".LogsResponse") && field.endsWith("data")) return "LOGS-07";
  if (type.endsWith(".ExecResponse") && /std/.test(field)) return "EXEC-18";
  if (type.endsWith(".PortForwardResponse") && field.endsWith("data")) return "PF-09";
  return "X-06";
}

function chunksOf(type: string): readonly ClauseId[] {
  if (type.endsWith(".LogsResponse")) return ["LOGS-07"];
  if (type.endsWith(".ExecResponse")) return ["EXEC-18"];
  return type.endsWith(".PortForwardResponse") ? ["PF-09"] : [];
}

/** True if a text anywhere in the message has the secret in it. */
function holds(value: unknown, secret: string): boolean {
  if (typeof value === "string") return value.includes(secret);
  if (value instanceof Uint8Array)
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength).includes(secret);
  if (value instanceof Map) return holds([...value], secret);
  if (typeof value !== "object" || value === null) return false;
  return Object.values(value).some((each) => holds(each, secret));
}
