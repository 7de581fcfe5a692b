/** A pod engine over the fake runtime and a clock that stands still, and short ways to say what it published. */
import {
  type ContainerObservation,
  type ContainerTerminated,
  type CreatePodRequest,
  CreatePodRequest as CreatePodRequestType,
  PodInputs,
  PodStage,
  SandboxState,
  StopReason,
  UpdatePodRequest,
} from "@outboard/contract";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { ManualClock } from "../../clock/manual-clock.js";
import type { EventDraft, ObservationDraft, PodProvider } from "../../provider.js";
import { retryAt } from "../done.js";
import { createPodEngine, type PodEngineOptions } from "../engine.js";
import type { ContainerRuntime } from "../runtime.js";
import { FakeRuntime } from "./fake-runtime.js";

/** UID of the test's pod. */
export const UID = "11111111-2222-3333-4444-555555555555";

/** How long the engine lets this pod rest after a failure. */
export const RETRY_MS: number = retryAt({ uid: UID, now: () => 0 });

type Spec = Readonly<Record<string, unknown>>;

/** A container of a test pod. */
export function container(name: string, fields: Spec = {}): Spec {
  return { name, image: "img", command: ["run"], ...fields };
}

/** An order for a pod with this spec. */
export function order(spec: Spec, fields: Partial<CreatePodRequest> = {}): CreatePodRequest {
  const json = { apiVersion: "v1", kind: "Pod", metadata: { name: "p", namespace: "ns", uid: UID }, spec };
  return {
    ...CreatePodRequestType.fromPartial({
      uid: UID,
      specRevision: 1n,
      specDigest: new Uint8Array(32),
      manifest: { json: Buffer.from(JSON.stringify(json)) },
      inputs: inputsFor(spec),
      inputVersion: 1n,
      startTime: new Date(0),
    }),
    ...fields,
  };
}

/** Inputs that name every container of the spec. */
export function inputsFor(spec: Spec): PodInputs {
  const lists = ["initContainers", "containers", "ephemeralContainers"].flatMap((key) => (spec[key] ?? []) as Spec[]);
  const containers = lists.map(({ name }) => ({ name: String(name), env: [], command: [], args: [], subPaths: [] }));
  return PodInputs.fromPartial({ containers, hostname: "p", podHostNames: ["p"] });
}

/** See the head of this file. */
export class Harness implements AsyncDisposable {
  readonly clock: ManualClock = new ManualClock();
  readonly runtime: FakeRuntime = new FakeRuntime(this.clock);
  readonly folder: string = mkdtempSync(join(tmpdir(), "engine-test-"));
  readonly observations: ObservationDraft[] = [];
  readonly events: EventDraft[] = [];
  /** Lines of errors. */
  readonly logged: string[] = [];
  readonly #options: Partial<PodEngineOptions>;
  engine: PodProvider;
  isComplete = false;
  /** How the next engine sees the runtime. */
  view: (runtime: ContainerRuntime) => ContainerRuntime = (runtime) => runtime;

  constructor(options: Partial<PodEngineOptions> = {}) {
    this.#options = options;
    this.engine = this.#make();
  }

  /** Makes the engine anew, before it is started: for a new view. */
  remake(): void {
    this.engine = this.#make();
  }

  /** A started engine. */
  static async start(options: Partial<PodEngineOptions> = {}): Promise<Harness> {
    const harness = new Harness(options);
    await harness.startEngine();
    return harness;
  }

  #make(): PodProvider {
    const logger = pino({ level: "error" }, { write: (line: string) => void this.logged.push(line) });
    return createPodEngine(this.view(this.runtime), {
      stateFolder: this.folder,
      clock: this.clock,
      logger,
      youngMs: 0,
      ...this.#options,
    });
  }

  async startEngine(): Promise<void> {
    const engine = this.engine;
    const ifCurrent = (run: () => void): void => (engine === this.engine ? run() : undefined);
    await this.engine.start(
      {
        publish: (observation) => ifCurrent(() => void this.observations.push(observation)),
        event: (event) => ifCurrent(() => void this.events.push(event)),
        setInventoryComplete: (complete) => {
          this.isComplete = complete;
        },
      },
      { clusterId: "c", nodeName: "n" },
    );
  }

  /** As kill -9: the old engine is left as it stands, a new one starts on its folder. */
  async crash(): Promise<void> {
    this.runtime.forgetListener();
    this.engine = this.#make();
    this.observations.length = 0;
    await this.startEngine();
  }

  async create(spec: Spec, fields: Partial<CreatePodRequest> = {}): Promise<void> {
    await this.engine.createPod(order(spec, fields));
  }

  /** The first change of the pod, with its inputs. */
  async update(spec: Spec): Promise<void> {
    const { manifest, inputs } = order(spec);
    const fields = { uid: UID, inputs, inputVersion: 2n, specRevision: 2n, specDigest: new Uint8Array(32) };
    await this.engine.updatePod?.({ ...UpdatePodRequest.fromPartial(fields), manifest });
  }

  async stopPod(graceSeconds: number, reason: StopReason = StopReason.USER): Promise<void> {
    await this.engine.stopPod(UID, graceSeconds, reason);
  }

  get last(): ObservationDraft {
    const last = this.observations.at(-1);
    if (last === undefined) throw new Error("nothing was published yet");
    return last;
  }

  /** Every published state in short, repetitions left out. */
  get history(): readonly string[] {
    const all = this.observations.map(describe);
    return all.filter((text, index) => text !== all[index - 1]);
  }

  /** The last published state in short. */
  get state(): string {
    return describe(this.last);
  }

  /** Resolves when the condition holds; the clock stands. */
  async until(isMet: () => boolean, what: string): Promise<void> {
    for (let tries = 0; tries < 1000; tries += 1) {
      if (isMet()) return;
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    const shown = this.observations.length === 0 ? "nothing" : this.history.join("\n  ");
    throw new Error(`never seen: ${what}; published:\n  ${shown}\ncalls: ${this.runtime.calls.join(", ")}`);
  }

  /** Resolves when this state was published. */
  async sees(text: string): Promise<void> {
    await this.until(() => this.observations.length > 0 && this.state === text, text);
  }

  /** Lets everything that can happen without time happen. On a busy machine, where a timer is late, that takes longer. */
  async quiet(): Promise<void> {
    for (let seen = -1, same = 0, rounds = 0; same < 2; rounds += 1) {
      const since = performance.now();
      await new Promise((resolve) => setTimeout(resolve, 8));
      const isLate = performance.now() - since > 16 && rounds < 100;
      same = seen === this.#activity && !isLate ? same + 1 : 0;
      seen = this.#activity;
    }
  }

  get #activity(): number {
    return this.observations.length + this.events.length + this.runtime.calls.length;
  }

  /** Moves the clock and lets things happen. */
  async advance(ms: number): Promise<void> {
    this.clock.advance(ms);
    await this.quiet();
  }

  /** Events as "reason container message", with how often. */
  eventCounts(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const { reason, container: name, message } of this.events) {
      const text = [reason, name, message].join("|");
      counts.set(text, (counts.get(text) ?? 0) + 1);
    }
    return counts;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.engine.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A state in short: `STARTED ready c=R#1 last=1`. */
export function describe(observation: ObservationDraft): string {
  const stage = nameOf(PodStage, observation.stage);
  const sandbox = nameOf(SandboxState, observation.sandbox).toLowerCase();
  const needs = observation.needsInputs ? ["needs-inputs"] : [];
  return [stage, sandbox, ...needs, ...observation.containers.map(describeContainer)].join(" ");
}

function nameOf(names: Readonly<Record<string, number>>, value: number): string {
  return Object.entries(names).find(([, number]) => number === value)?.[0] ?? String(value);
}

function describeContainer(shown: ContainerObservation): string {
  const last = shown.lastTermination === undefined ? "" : `<${codeOf(shown.lastTermination)}`;
  return `${shown.name}=${stateOf(shown)}${shown.willRestart ? "+" : ""}#${shown.restartCount}${last}`;
}

function stateOf({ state, started, ready }: ContainerObservation): string {
  switch (state?.$case) {
    case "waiting":
      return state.value.reason;
    case "running":
      return `R${started === false ? "-started" : ""}${ready === false ? "-ready" : ""}`;
    case "terminated":
      return `T${codeOf(state.value)}`;
    case undefined:
      return "?";
  }
}

function codeOf(termination: ContainerTerminated): string {
  return String(termination.exitCode ?? "?");
}
