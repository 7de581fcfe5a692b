/** The probes of one instance: startup first, then liveness and readiness, each at its own period and with thresholds. */
import type { Clock } from "../../clock/clock.js";
import { eventTexts } from "../events.js";
import type { ProbeManifest } from "../manifest.js";
import type { Pod } from "../pod.js";
import { runningInstance, withInstanceFields } from "../record.js";
import type { ContainerRuntime } from "../runtime.js";
import { type CheckResult, runCheck } from "./check.js";

type Kind = "startup" | "liveness" | "readiness";

const TITLES: Readonly<Record<Kind, string>> = { startup: "Startup", liveness: "Liveness", readiness: "Readiness" };

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

  #instance(): ReturnType<typeof runningInstance> {
    const current = runningInstance(this.#target.pod.record, this.#target.container);
    return current?.attempt === this.attempt ? current : undefined;
  }

  #firstDelay(kind: Kind): number {
    const startedAt = this.#instance()?.startedAt ?? this.#clock.now();
    const due = startedAt + (this.#probe(kind)?.initialDelaySeconds ?? 0) * 1000;
    return Math.max(0, due - this.#clock.now());
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
    const isOver = this.#closing.signal.aborted || this.#instance() === undefined;
    if (isOver || (this.#isQuiet && kind !== "readiness")) return;
    if (!this.#note(kind, probe, result)) return;
    const period = (probe.periodSeconds ?? 10) * 1000;
    this.#schedule(kind, Math.max(0, begun + period - this.#clock.now()));
  }

  async #check(probe: ProbeManifest): Promise<CheckResult> {
    const seconds = probe.timeoutSeconds ?? 1;
    const timeUp = new AbortController();
    const cancel = this.#clock.after(seconds * 1000, () => timeUp.abort(new Error("the probe took too long")));
    try {
      const signal = AbortSignal.any([timeUp.signal, this.#closing.signal]);
      const result = await runCheck(this.#runtime, this.#target, probe, signal);
      const isExecTimeout = timeUp.signal.aborted && probe.exec !== undefined;
      return isExecTimeout ? { ...result, output: `${result.output} after ${seconds}s` } : result;
    } finally {
      cancel();
    }
  }

  /** False: this probe rests until there is another instance. */
  #note(kind: Kind, probe: ProbeManifest, result: CheckResult): boolean {
    const { pod, container } = this.#target;
    if (result.isUnknown === true) {
      pod.event(container, eventTexts.probeErrored(TITLES[kind], result.output));
      return true;
    }
    if (!result.isOk) pod.event(container, eventTexts.unhealthy(TITLES[kind], result.output));
    const before = this.#runs.get(kind);
    const count = before?.isOk === result.isOk ? before.count + 1 : 1;
    this.#runs.set(kind, { isOk: result.isOk, count });
    const threshold = result.isOk ? (probe.successThreshold ?? 1) : (probe.failureThreshold ?? 3);
    return count < threshold || this.#settle(kind, result.isOk);
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
    this.#onChange();
  }
}
