/** A session loop under test: a manual clock, a recorded log, and every message it told. */
import { createManualClock, type ManualClock } from "../../testing/manual-clock.js";
import { createRecordingLogger, type LogLine } from "../../testing/recording-logger.js";
import { eventually } from "../../testing/eventually.js";
import type { ProviderEventMessage } from "../../ports/provider.js";
import { type Connection, openConnection } from "../connection.js";
import { createProviderSession, type Fencing, type ProviderSession } from "../session.js";

type Kind = ProviderEventMessage["kind"];

/** The loop runs until the rig is disposed of. */
export class SessionRig implements AsyncDisposable {
  readonly clock: ManualClock = createManualClock();
  readonly messages: ProviderEventMessage[] = [];
  readonly lines: LogLine[];
  /** Every sleep that was asked for, milliseconds. */
  readonly sleeps: number[] = [];
  readonly connection: Connection;
  readonly session: ProviderSession;
  readonly running: Promise<void>;
  readonly #stop = new AbortController();

  constructor(address: string, fencing: Partial<Fencing> = {}) {
    const { logger, lines } = createRecordingLogger();
    this.lines = lines;
    this.connection = openConnection(address);
    this.session = createProviderSession({
      connection: this.connection,
      gatewayVersion: "0.0.0",
      instanceId: "gateway-1",
      clusterId: "cluster-1",
      nodeName: "node-1",
      nodeConfiguration: () => ({ clusterDns: [], clusterDomain: "d", podCidrs: [], kubernetesVersion: "" }),
      fencing: { current: () => 7n, raiseAbove: async () => true, ...fencing },
      clock: {
        now: () => this.clock.now(),
        sleep: (ms, signal) => (this.sleeps.push(ms), this.clock.sleep(ms, signal)),
      },
      logger,
      onMessage: (message) => this.messages.push(message),
    });
    this.running = this.session.run(this.#stop.signal);
  }

  /** Messages of one kind. */
  all<Wanted extends Kind>(kind: Wanted): readonly Extract<ProviderEventMessage, { kind: Wanted }>[] {
    return this.messages.filter((message) => message.kind === kind) as never;
  }

  /** Waits until so many messages of a kind were told. */
  async told(kind: Kind, count = 1): Promise<void> {
    await eventually(() => this.all(kind).length >= count, `${count} x ${kind} of ${JSON.stringify(this.#kinds())}`);
  }

  /** Moves the clock on again and again until the condition holds. */
  async pass(condition: () => boolean, what: string, stepMs = 30_000): Promise<void> {
    for (let step = 0; step < 200 && !condition(); step++) {
      await this.clock.advance(stepMs);
      await eventually(condition, what, 20).catch(() => {});
    }
    if (!condition()) throw new Error(`never happened: ${what}`);
  }

  /** Lines at warn or above. */
  get warnings(): readonly LogLine[] {
    return this.lines.filter(({ level }) => level === "warn" || level === "error");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new Error("the test is over"));
    await this.running;
    this.connection[Symbol.dispose]();
  }

  #kinds(): readonly Kind[] {
    return this.messages.map(({ kind }) => kind);
  }
}
