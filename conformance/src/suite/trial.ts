/** What a check works with: calls, pods, waits, and the verbs that judge. */
import {
  type CallOptions,
  type Channel,
  type ContainerObservation,
  type CreatePodRequest,
  type HandshakeRequest,
  isStatusError,
  type PodObservation,
} from "@outboard/contract";
import type { Clause } from "../clauses/clause.js";
import { ClauseFailure, type FailureCode, NotTestable } from "./failure.js";
import type { LimitName } from "./limits.js";
import type { Clients } from "./link.js";
import { pause } from "./pause.js";
import { PodHandle } from "./pod-handle.js";
import type { Leak } from "./removal.js";
import { orderOf, type PodSketch } from "./sketch.js";
import { codeText } from "./status-text.js";
import type { World } from "./world.js";

const TRACE_LINES = 40;
const FIRST_POLL_MS = 10;
const LONGEST_POLL_MS = 250;

/** One check under way. */
export class Trial {
  readonly world: World;
  readonly clause: Clause;
  readonly signal: AbortSignal;
  calls: Clients;
  readonly trace: string[] = [];
  /** Longest wait as part of its limit. */
  used = 0;
  readonly #pods: PodHandle[] = [];
  readonly #channels: Channel[] = [];
  readonly #since = performance.now();

  constructor(world: World, clause: Clause, signal: AbortSignal) {
    this.world = world;
    this.clause = clause;
    this.signal = signal;
    this.calls = world.clients((text) => this.#line(text));
  }

  /** Pods that the check planned. */
  get pods(): number {
    return this.#pods.length;
  }

  /** Options of a call in the run's session. */
  get options(): CallOptions {
    return this.world.call(this.signal);
  }

  /** The same for streams: no deadline, ends with the signal given. */
  streamOptions(signal: AbortSignal = this.signal): CallOptions {
    const { metadata } = this.world.call(this.signal);
    return { signal, ...(metadata === undefined ? {} : { metadata }) };
  }

  fail(code: FailureCode, message: string): never {
    throw new ClauseFailure(code, message);
  }

  verify(condition: boolean, code: FailureCode, message: string): void {
    if (!condition) this.fail(code, message);
  }

  /** The value, which must be there. */
  present<T>(value: T | undefined, message: string): T {
    if (value === undefined) this.fail("missing", message);
    return value;
  }

  equal<T>(actual: T, expected: T, what: string, code: FailureCode = "wrong-value"): void {
    const [is, should] = [show(actual), show(expected)];
    this.verify(is === should, code, `${what} is ${is}, must be ${should}`);
  }

  /** A pod that is created, and cleaned up at the end of the check. */
  async pod(sketch: PodSketch): Promise<PodHandle> {
    const pod = this.plan(sketch);
    await pod.create();
    return pod;
  }

  /** A pod that is not created yet. */
  plan(sketch: PodSketch, change: Partial<CreatePodRequest> = {}): PodHandle {
    const tools = {
      kit: this.world.kit,
      runId: this.world.runId,
      declares: (feature: Parameters<World["honours"]>[0]) => this.world.honours(feature),
    };
    const pod = new PodHandle(this, { ...orderOf(sketch, tools), ...change });
    this.#pods.push(pod);
    return pod;
  }

  /** A pod whose container runs; the usual beginning. */
  async runningPod(sketch: PodSketch = { containers: [{ behaviour: "pause" }] }): Promise<PodHandle> {
    const pod = await this.pod(sketch);
    await pod.running();
    return pod;
  }

  containerOf(pod: PodObservation, name = "main"): ContainerObservation {
    const found = pod.containers.find((each) => each.name === name);
    if (found === undefined) this.fail("missing", `pod ${pod.uid} has no observation of container ${name}`);
    return found;
  }

  /**
   * A call that must be refused in the way that the clause says. The control is the same call without its single defect:
   * it must succeed, so that nothing is refused for another reason.
   */
  async refused(bad: () => Promise<unknown>, control: () => Promise<unknown>): Promise<void> {
    const allowed = this.clause.codes ?? [];
    await this.#control(control);
    try {
      await bad();
    } catch (error) {
      if (!isStatusError(error)) throw error;
      const text = codeText(error);
      const isBare = text === "UNIMPLEMENTED" && allowed.includes("UNIMPLEMENTED/CAPABILITY");
      this.verify(
        isBare || allowed.includes(text),
        "wrong-status",
        `refused with ${text}, must be ${allowed.join(" or ")}`,
      );
      return;
    }
    this.fail("accepted", `the call was accepted, it must be refused with ${allowed.join(" or ")}`);
  }

  /** Polls until there is a result; `seen` tells what there was instead. */
  // oxlint-disable-next-line max-params -- one wait has these four parts
  async eventually<T>(
    limit: LimitName,
    what: string,
    read: () => Promise<T | undefined>,
    seen: () => string = () => "",
  ): Promise<T> {
    const limitMs = this.world.limits.of(limit);
    const since = performance.now();
    for (let wait = FIRST_POLL_MS; ; wait = Math.min(LONGEST_POLL_MS, wait * 1.5)) {
      const value = await read();
      const took = performance.now() - since;
      this.used = Math.max(this.used, Math.min(1, took / limitMs));
      if (value !== undefined) return value;
      const allowed = this.allowed(limitMs, since);
      if (took > allowed) this.fail("late", `${what}: not within ${Math.round(allowed)} ms${seen()}`);
      await this.pause(wait);
    }
  }

  /** Clients on the world's new connection. */
  renew(): void {
    this.calls = this.world.clients((text) => this.#line(text));
  }

  async pause(ms: number): Promise<void> {
    await pause(ms, this.signal);
  }

  /** A promise that must settle within a named limit. */
  async within<T>(limit: LimitName, what: string, promise: Promise<T>): Promise<T> {
    const limitMs = this.world.limits.of(limit);
    const settled = new AbortController();
    try {
      return await Promise.race([promise, this.#tooLate(what, limitMs, settled.signal)]);
    } finally {
      settled.abort();
    }
  }

  /** What began then must be over in time. */
  inTime(what: string, since: number, limitMs: number): void {
    const took = performance.now() - since;
    this.used = Math.max(this.used, Math.min(1, took / limitMs));
    const allowed = this.allowed(limitMs * Math.max(1, this.world.options.scale), since);
    this.verify(
      took <= allowed,
      "late",
      `${what} took ${Math.round(took)} ms, at most ${Math.round(allowed)} are allowed`,
    );
  }

  /** A limit as it holds on this machine: on a busy one it is longer. */
  allowed(limitMs: number, since: number): number {
    return limitMs * this.world.load.factorSince(since);
  }

  /** Clients on a connection of their own, closed at the end. */
  otherConnection(): Clients {
    const channel = this.world.openChannel();
    this.#channels.push(channel);
    return this.world.clients((text) => this.#line(text), channel);
  }

  /** A handshake with fields changed; the run's own session is not touched by this end. */
  async handshake(change: Partial<HandshakeRequest>): ReturnType<Clients["identity"]["handshake"]> {
    return await this.calls.identity.handshake(this.world.ownerRequest(change), {
      signal: this.signal,
      deadlineMs: 5_000,
    });
  }

  /** Removes every pod of the check; those that are left, and why. */
  async clean(signal: AbortSignal): Promise<readonly Omit<Leak, "check">[]> {
    for (const channel of this.#channels) channel[Symbol.dispose]();
    const left = await Promise.all(
      this.#pods.toReversed().map(async (pod) => {
        const message = await pod.clean(signal);
        return message === undefined ? [] : [{ uid: pod.uid, message }];
      }),
    );
    return left.flat();
  }

  /** Ends a check that cannot be made here. */
  notTestable(reason: string): never {
    throw new NotTestable(reason);
  }

  async #tooLate(what: string, limitMs: number, settled: AbortSignal): Promise<never> {
    const since = performance.now();
    for (;;) {
      const allowed = this.allowed(limitMs, since);
      const rest = allowed - (performance.now() - since);
      if (rest <= 0) this.fail("late", `${what}: not within ${Math.round(allowed)} ms`);
      await pause(rest, settled);
    }
  }

  async #control(control: () => Promise<unknown>): Promise<void> {
    try {
      await control();
    } catch (error) {
      if (!isStatusError(error)) throw error;
      this.fail("control-failed", `the same call without its defect failed with ${codeText(error)}: ${error.message}`);
    }
  }

  #line(text: string): void {
    this.trace.push(`${Math.round(performance.now() - this.#since)} ms ${text}`);
    if (this.trace.length > TRACE_LINES) this.trace.shift();
  }
}

function show(value: unknown): string {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
  return (
    JSON.stringify(value, (_key, each: unknown) => (typeof each === "bigint" ? each.toString() : each)) ?? "absent"
  );
}
