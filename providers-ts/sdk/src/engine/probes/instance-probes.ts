/** The probes of one instance: startup first, then liveness and readiness, each at its own period and with thresholds. */
import type { Clock } from "../../clock/clock.js";
import { eventTexts } from "../events.js";
import type { ProbeManifest } from "../manifest.js";
import type { Pod } from "../pod.js";
import { type Instance, withInstanceFields } from "../record.js";
import type { ContainerRuntime } from "../runtime.js";
import { type CheckResult, runCheck } from "./check.js";

type Kind = "startup" | "liveness" | "readiness";

const TITLES: Readonly<Record<Kind, string>> = { startup: "Startup", liveness: "Liveness", readiness: "Readiness" };

/** How often a probe asks that gets no answer at all. */
const TRIES = 3;

/** Whose probes. */
export interface InstanceTarget {
  readonly pod: Pod;
  readonly container: string;
  readonly attempt: number;
}

/** See the head of this file. */
export class InstanceProbes {
  readonly attempt: number;
  /** The probe that asks for the end of the instance. */
  failed: "liveness" | "startup" | undefined;
  readonly #runtime: ContainerRuntime;
  readonly #clock: Clock;
  readonly #target: InstanceTarget;
  readonly #onChange: () => void;
  readonly #closing = new AbortController();
  readonly #runs = new Map<Kind, { isOk: boolean; count: number }>();
  readonly #timers = new Map<Kind, () => void>();
  #isQuiet = false;

  constructor(runtime: ContainerRuntime, clock: Clock, target: InstanceTarget, onChange: () => void) {
    this.#runtime = runtime;
    this.#clock = clock;
    this.#target = target;
    this.#onChange = onChange;
    this.attempt = target.attempt;
    const isStarted = this.#instance()?.health?.started === true;
    if (this.#probe("startup") !== undefined && !isStarted) this.#schedule("startup", this.#firstDelay("startup"));
    else this.#begin();
  }

  /** The pod is being ended: no probe may ask for an end any more. */
  keepReadinessOnly(): void {
    this.#isQuiet = true;
    this.failed = undefined;
    this.#cancel("startup");
    this.#cancel("liveness");
  }

  close(): void {
    this.#closing.abort(new Error("the instance is not probed any more"));
    for (const kind of this.#timers.keys()) this.#cancel(kind);
  }

  #begin(): void {
    for (const kind of ["liveness", "readiness"] as const) {
      if (this.#probe(kind) !== undefined) this.#schedule(kind, this.#firstDelay(kind));
    }
  }

  #probe(kind: Kind): ProbeManifest | undefined {
    const container = this.#target.pod.container(this.#target.container)?.container;
    return container?.[`${kind}Probe`];
  }

  /** The instance while it runs; in a pod that is being ended, until the end of the pod. */
  #instance(): Instance | undefined {
    const current = this.#target.pod.record.containers.get(this.#target.container)?.current;
    if (current?.attempt !== this.attempt) return undefined;
    return current.ending === undefined || this.#isQuiet ? current : undefined;
  }

  /** The kubelet's ticks know nothing of an instance's start: its first liveness check comes half a period later on average. */
  #firstDelay(kind: Kind): number {
    const probe = this.#probe(kind);
    const startedAt = this.#instance()?.startedAt ?? this.#clock.now();
    const due = startedAt + (probe?.initialDelaySeconds ?? 0) * 1000;
    const tickMs = kind === "liveness" ? periodMs(probe) / 2 : 0;
    return Math.max(0, due - this.#clock.now()) + tickMs;
  }

  #schedule(kind: Kind, ms: number): void {
    this.#cancel(kind);
    this.#timers.set(
      kind,
      this.#clock.after(ms, () => void this.#run(kind)),
    );
  }

  #cancel(kind: Kind): void {
    this.#timers.get(kind)?.();
    this.#timers.delete(kind);
  }

  async #run(kind: Kind): Promise<void> {
    const probe = this.#probe(kind);
    if (probe === undefined || this.#instance() === undefined) return;
    const begun = this.#clock.now();
    const result = await this.#check(probe);
    if (this.#closing.signal.aborted) return;
    if (this.#instance() === undefined || (this.#isQuiet && kind !== "readiness")) return this.#tellLast(kind, result);
    if (!this.#note(kind, probe, result)) return;
    this.#schedule(kind, Math.max(0, begun + periodMs(probe) - this.#clock.now()));
  }

  /** Of a check that was under way when the instance ended, or was asked to: a failure is told, as with the kubelet. */
  #tellLast(kind: Kind, result: CheckResult): void {
    if (result.kind === "failed") this.#tell(kind, result);
  }

  /** What cannot be asked is asked three times. */
  async #check(probe: ProbeManifest): Promise<CheckResult> {
    for (let left = TRIES; ; left -= 1) {
      const result = await this.#checkOnce(probe);
      if (result.kind !== "unknown" || left <= 1 || this.#closing.signal.aborted) return result;
    }
  }

  async #checkOnce(probe: ProbeManifest): Promise<CheckResult> {
    const seconds = probe.timeoutSeconds ?? 1;
    const timeUp = new AbortController();
    const cancel = this.#clock.after(seconds * 1000, () => timeUp.abort(new Error("the probe took too long")));
    try {
      const signal = AbortSignal.any([timeUp.signal, this.#closing.signal]);
      return await runCheck(this.#runtime, this.#target, probe, { signal, seconds });
    } finally {
      cancel();
    }
  }

  /** False: this probe rests until there is another instance. */
  #note(kind: Kind, probe: ProbeManifest, result: CheckResult): boolean {
    this.#tell(kind, result);
    if (result.kind === "unknown") return true;
    const isOk = result.kind === "ok";
    const before = this.#runs.get(kind);
    const count = before?.isOk === isOk ? before.count + 1 : 1;
    this.#runs.set(kind, { isOk, count });
    const threshold = isOk ? (probe.successThreshold ?? 1) : (probe.failureThreshold ?? 3);
    return count < threshold || this.#settle(kind, isOk);
  }

  #tell(kind: Kind, result: CheckResult): void {
    const { pod, container } = this.#target;
    const title = TITLES[kind];
    if (result.kind === "unknown") pod.event(container, eventTexts.probeErrored(title, result.output));
    if (result.kind === "failed") pod.event(container, eventTexts.unhealthy(title, result.output));
    if (result.kind === "ok" && result.warning !== undefined) {
      pod.event(container, eventTexts.probeWarning(title, result.warning));
    }
  }

  #settle(kind: Kind, isOk: boolean): boolean {
    if (kind === "readiness") {
      this.#setHealth({ ready: isOk });
      return true;
    }
    if (isOk && kind === "liveness") return true;
    if (isOk) {
      this.#setHealth({ started: true });
      this.#begin();
      return false;
    }
    this.failed = kind;
    this.#onChange();
    return false;
  }

  #setHealth(change: { readonly started?: boolean; readonly ready?: boolean }): void {
    const { pod, container } = this.#target;
    const before = this.#instance()?.health ?? {};
    const health = { ...before, ...change };
    if (before.started === health.started && before.ready === health.ready) return;
    pod.commit(withInstanceFields(pod.record, container, this.attempt, { health }));
    if (this.#isQuiet) pod.publishReadiness(container, health.ready);
    else this.#onChange();
  }
}

function periodMs(probe: ProbeManifest | undefined): number {
  return (probe?.periodSeconds ?? 10) * 1000;
}
