/** Standalone pods over a real folder and a real state file, with a manual clock. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createManualClock, type ManualClock } from "../../testing/manual-clock.js";
import { createRecordingLogger, type LogLine } from "../../testing/recording-logger.js";
import { createTempFolder, type TempFolder } from "../../testing/temp-folder.js";
import type { Pod, PodStatus } from "../../domain/kubernetes.js";
import type { PodSource, PodSourceEvent, PodWriter } from "../../ports/pods.js";
import { createFolderInputs, type FolderInputs } from "../inputs.js";
import { createStandalonePods } from "../pods.js";
import { openState, type StateStore } from "../state.js";

/** What a manifest says beside its name. */
export interface PodText {
  readonly image?: string;
  /** Further lines of the spec. */
  readonly spec?: string;
  readonly labels?: string;
}

/** A pod manifest as a person writes it. */
export function podText(name: string, { image = "i:1", spec = "", labels = "{}" }: PodText = {}): string {
  return `apiVersion: v1\nkind: Pod\nmetadata: {name: ${name}, labels: ${labels}}\nspec:\n  containers: [{name: c, image: "${image}"}]\n${spec}`;
}

/** The folder, and processes over it one after the other. */
export class FolderRig implements Disposable {
  readonly #temp: TempFolder = createTempFolder();
  readonly clock: ManualClock = createManualClock();

  constructor(files: Readonly<Record<string, string>> = {}) {
    mkdirSync(this.folder);
    for (const [name, text] of Object.entries(files)) this.write(name, text);
  }

  get folder(): string {
    return this.#temp.at("pods");
  }

  get stateFolder(): string {
    return this.#temp.at("state");
  }

  at(name: string): string {
    return `${this.folder}/${name}`;
  }

  write(name: string, text: string): void {
    writeFileSync(this.at(name), text);
  }

  remove(name: string): void {
    rmSync(this.at(name), { recursive: true });
  }

  /** Starts as a process would. */
  start(): FolderRun {
    return new FolderRun(this.folder, openState(this.stateFolder), this.clock);
  }

  [Symbol.dispose](): void {
    this.#temp[Symbol.dispose]();
  }
}

/** One process over the folder; ends when disposed of. */
export class FolderRun implements AsyncDisposable {
  readonly events: PodSourceEvent[] = [];
  readonly told: (readonly [uid: string, phase: string | undefined])[] = [];
  readonly lines: LogLine[];
  readonly inputs: FolderInputs = createFolderInputs();
  readonly pods: PodSource & PodWriter;
  /** Settles when the watch ends; holds its error. */
  readonly watching: Promise<unknown>;
  readonly store: StateStore;
  /** How often the state was saved. */
  saves = 0;
  /** Set: saving fails so. */
  saveError: Error | undefined;
  readonly #clock: ManualClock;
  readonly #stop = new AbortController();
  /** Pods at the last time that all were told. */
  all: readonly Pod[] = [];

  constructor(folder: string, store: StateStore, clock: ManualClock) {
    const { logger, lines } = createRecordingLogger();
    this.lines = lines;
    this.store = store;
    this.#clock = clock;
    this.pods = createStandalonePods({
      folder,
      nodeName: "node-1",
      store: this.#watched(store),
      clock,
      logger,
      onManifests: (manifests) => this.inputs.take(manifests),
      onPod: (uid, pod) => this.told.push([uid, pod?.status?.phase]),
      onPods: (pods) => (this.all = pods),
    });
    this.watching = this.#watch().then(
      () => undefined,
      (error: unknown) => error,
    );
  }

  /** Lets a second pass, in which the folder is looked at, and the moment in which it settles. */
  async look(): Promise<void> {
    await this.#clock.advance(1_000);
    await this.#clock.advance(500);
  }

  /** The pod of a name; the newest one. */
  pod(name: string): Pod {
    const found = this.all.findLast(({ metadata }) => metadata.name === name);
    if (found === undefined) throw new Error(`no pod ${name} in ${this.names.join()}`);
    return found;
  }

  get names(): readonly string[] {
    return this.all.map(({ metadata }) => metadata.name);
  }

  async setStatus(name: string, status: PodStatus): Promise<void> {
    const pod = this.pod(name);
    await this.pods.patchStatus(pod, pod.status ?? {}, status, this.#stop.signal);
  }

  async delete(name: string): Promise<void> {
    await this.pods.delete(this.pod(name), this.#stop.signal);
  }

  get problems(): readonly string[] {
    return this.lines.filter(({ level }) => level === "error").map(({ msg }) => msg);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.watching;
    this.store[Symbol.dispose]();
  }

  #watched(store: StateStore): StateStore {
    return {
      get state() {
        return store.state;
      },
      save: (state) => {
        this.saves++;
        if (this.saveError !== undefined) throw this.saveError;
        store.save(state);
      },
      [Symbol.dispose]: () => store[Symbol.dispose](),
    };
  }

  async #watch(): Promise<void> {
    for await (const event of this.pods.watch(this.#stop.signal)) this.events.push(event);
  }
}
