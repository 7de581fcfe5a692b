/** Everything of one run: the two fakes, the trouble between them, and the gateway processes that follow each other. */
import { pino } from "pino";
import type { Node } from "../../domain/kubernetes.js";
import type { PodObservation } from "../../domain/observation.js";
import type { ProviderEventMessage } from "../../ports/provider.js";
import { createManualClock, type ManualClock } from "../../testing/manual-clock.js";
import { PodController } from "../pod/controller.js";
import { FakeApi } from "../testing/fake-api.js";
import { FakeProvider } from "../testing/fake-provider.js";
import { infoOf, NO_INPUTS, READY } from "../testing/world.js";
import { Faults } from "./faults.js";
import { apiPort, type Life, providerPort } from "./gateway-ports.js";
import { Ledger } from "./ledger.js";
import { Turns } from "./turns.js";

const NODE: Node = { metadata: { name: "node" }, status: { allocatable: { cpu: "10", memory: "10Gi", pods: "100" } } };
const SNAPSHOT_EVERY_MS = 300_000;
/** Looks at the clock after which a gateway is taken to turn for ever: at once, and per second of waiting. */
const MOST_LOOKS = { atOnce: 5_000, perSecond: 500 };
const LOGGER = pino({ level: "silent" });

interface Gateway extends Life {
  readonly controller: PodController;
  readonly stop: AbortController;
  epoch: string;
}

type Opened = {
  readonly openedAt: number;
  readonly observations: readonly PodObservation[];
  readonly complete: boolean;
};

/** The rig. */
export class Rig {
  readonly clock: ManualClock = createManualClock();
  readonly api: FakeApi = new FakeApi();
  readonly backend: FakeProvider = new FakeProvider((message) => this.#hear(message));
  readonly faults: Faults = new Faults(this.clock, (uid) => this.ledger.noRoom(uid));
  readonly ledger: Ledger = new Ledger(this.clock, this.api, this.backend);
  readonly turns: Turns = new Turns(this.clock);
  #looksLeft = MOST_LOOKS.atOnce;
  #gateway: Gateway = this.#startGateway();
  #instance = 1;
  #stream: ProviderEventMessage[] = [];
  #isStreamLate = false;
  #opened: Opened | undefined;
  #snapshotAt = 0;

  /** The next command begins. */
  begin(): void {
    this.#looksLeft = MOST_LOOKS.atOnce;
  }

  get controller(): PodController {
    return this.#gateway.controller;
  }

  /** Nothing keeps a stop from the provider. */
  get isClear(): boolean {
    return this.faults.isClear && !this.#isStreamLate && !this.api.late;
  }

  /** The process dies at once; another one takes its place, without a session. */
  killGateway(): void {
    this.#gateway.alive = false;
    this.#gateway.stop.abort(new Error("killed"));
    this.loseSession();
    this.ledger.newGateway();
    this.#gateway = this.#startGateway();
  }

  openSession(): void {
    if (this.faults.connected) return;
    this.faults.connected = true;
    this.ledger.sessions++;
    const info = infoOf(`instance ${this.#instance}`, ["update.metadata"]);
    this.#say({ kind: "session", info: { ...info, limits: { ...info.limits, maxParallelCreates: 1 } } });
    this.openSnapshot();
    this.endSnapshot();
    this.#tellNode();
  }

  loseSession(): void {
    if (!this.faults.connected) return;
    this.faults.disconnect();
    this.#stream = [];
    this.#opened = undefined;
    this.#say({ kind: "lost", reason: "ProviderUnreachable", message: "gone" });
  }

  /** A new process of the provider; what it does not find is lost. */
  restartProvider(finds: "all" | "no-inputs" | "nothing", complete: boolean): void {
    this.loseSession();
    this.faults.crash();
    if (finds === "nothing") for (const uid of this.backend.pods.keys()) this.ledger.lost(uid);
    this.ledger.processes++;
    this.#instance++;
    this.backend.complete = complete;
    this.backend.restart(`e${this.#instance}`, finds);
  }

  completeInventory(): void {
    if (this.backend.complete) return;
    this.backend.complete = true;
    this.#tellNode();
    this.openSnapshot();
    this.endSnapshot();
  }

  /** A snapshot beside the stream begins: what is in it is settled now. */
  openSnapshot(): void {
    const { complete, pods } = this.backend;
    if (this.faults.connected)
      this.#opened = { openedAt: this.clock.now(), observations: [...pods.values()], complete };
    this.#snapshotAt = this.clock.now();
  }

  /** And ends. */
  endSnapshot(): void {
    if (this.#opened === undefined) return;
    const { openedAt, observations, complete } = this.#opened;
    this.#opened = undefined;
    for (const observation of observations) this.#tell({ kind: "observation", observation });
    const uids = new Set(observations.map(({ uid }) => uid));
    this.#tell({ kind: "snapshot", uids, complete, openedAt, epochChanged: false });
  }

  /** While true, what the provider's stream tells comes late. */
  delayStream(late: boolean): void {
    this.#isStreamLate = late;
    if (late) return;
    const messages = this.#stream;
    this.#stream = [];
    for (const message of messages) this.#take(message);
  }

  /** Time passes, with a snapshot every five minutes. */
  async pass(ms: number): Promise<void> {
    this.#looksLeft += (ms / 1000) * MOST_LOOKS.perSecond;
    for (let rest = ms; rest > 0; ) {
      const untilSnapshot = Math.max(1, this.#snapshotAt + SNAPSHOT_EVERY_MS - this.clock.now());
      const stepMs = Math.min(rest, untilSnapshot);
      await this.clock.advance(stepMs);
      rest -= stepMs;
      if (stepMs < untilSnapshot) continue;
      this.openSnapshot();
      this.endSnapshot();
      await this.clock.settle();
    }
    this.ledger.settled();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#gateway.alive = false;
    this.#gateway.stop.abort(new Error("over"));
    await this.clock.settle();
  }

  #startGateway(): Gateway {
    const stop = new AbortController();
    const life: Life = { alive: true };
    const controller = new PodController({
      nodeName: "node",
      provider: providerPort(this, life),
      writer: apiPort(this, life),
      source: this.api,
      inputs: NO_INPUTS,
      events: { record: () => {} },
      clock: { now: () => this.#look(stop), sleep: (ms, signal) => this.clock.sleep(ms, signal) },
      logger: LOGGER,
      options: {
        capacityTimeoutMs: 300_000,
        mergeWindowMs: 50,
        featurePolicy: { "*": "warn" },
        clusterDNS: ["10.0.0.10"],
        clusterDomain: "cluster.local",
      },
      nodeObject: () => NODE,
      hostIPs: () => ["192.0.2.1"],
    });
    for (const runnable of controller.runnables) void runnable.run(stop.signal);
    return Object.assign(life, { controller, stop, epoch: "" });
  }

  /** A loop that waits for nothing would never let the run go on: it is ended here. */
  #look(stop: AbortController): number {
    if (this.#looksLeft-- <= 0 && !stop.signal.aborted) {
      this.ledger.breach("gateway", "turns for ever");
      stop.abort(new Error("turns for ever"));
    }
    return this.clock.now();
  }

  #tellNode(): void {
    const { complete } = this.backend;
    if (this.faults.connected) this.#say({ kind: "node", node: { ...READY, inventoryComplete: complete } });
  }

  #hear(message: ProviderEventMessage): void {
    if (message.kind === "observation") this.ledger.published(message.observation);
    if (this.faults.connected) this.#tell(message);
  }

  #tell(message: ProviderEventMessage): void {
    if (this.#isStreamLate) this.#stream.push(message);
    else this.#take(message);
  }

  /** What of the stream arrives at the gateway. */
  #take(message: ProviderEventMessage): void {
    if (message.kind === "observation") this.ledger.told(message.observation);
    if (message.kind !== "snapshot") return this.#say(message);
    const { epoch } = this.backend;
    const epochChanged = this.#gateway.epoch !== "" && this.#gateway.epoch !== epoch;
    this.#gateway.epoch = epoch;
    if (epochChanged) this.ledger.newEpoch();
    if (message.complete) this.ledger.missed(message.uids);
    this.#say({ ...message, epochChanged });
  }

  #say(message: ProviderEventMessage): void {
    this.#gateway.controller.takeProvider(message);
  }
}
