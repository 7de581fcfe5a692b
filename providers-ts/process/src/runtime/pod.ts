/** One pod that the provider knows: its record, its shim, and what ended in it. */
import { appendFileSync } from "node:fs";
import { RuntimeError, type ContainerExit, type RuntimeContainer, type RuntimePod } from "@outboard/provider-sdk";
import { SHIM_VERSION, type ExitRecord, type InstanceRecord, type ShimRequest } from "../shim/protocol.js";
import { readJournal, type JournalLine } from "../shim/records.js";
import { toStarted, type Facts } from "./facts.js";
import { writePodRecord, type PodPaths, type PodRecord } from "./pod-folder.js";
import { ShimGone, askShim, askVersion, awaitEnd, openLink, watchShim, type OpenLink } from "./shim-link.js";

export type EndListener = (uid: string, record: InstanceRecord) => void;

export class Pod {
  readonly paths: PodPaths;
  #record: PodRecord;
  #stopWatch: (() => void) | undefined;
  #dying: Promise<void> | undefined;
  #foreign: string | undefined;
  readonly #onEnd: EndListener;
  /** Called when the shim died by itself; removes what it left. */
  readonly #bury: (pod: Pod) => Promise<void>;

  constructor(
    paths: PodPaths,
    record: PodRecord,
    hooks: { readonly onEnd: EndListener; readonly bury: (pod: Pod) => Promise<void> },
  ) {
    this.paths = paths;
    this.#record = record;
    this.#onEnd = hooks.onEnd;
    this.#bury = hooks.bury;
  }

  get record(): PodRecord {
    return this.#record;
  }

  update(change: Partial<PodRecord>): void {
    this.#record = { ...this.#record, ...change };
    writePodRecord(this.paths, this.#record);
  }

  /** The shim is of another version: it and its containers are left alone until they are to end. */
  get isForeign(): boolean {
    return this.#foreign !== undefined;
  }

  /** Hears of ends, past ones first. A shim that is dead is buried. */
  async watch(): Promise<void> {
    try {
      const version = await askVersion(this.paths.socket);
      const onClose = (): void => void this.die();
      if (version !== SHIM_VERSION) {
        this.#foreign = `its shim speaks version ${String(version ?? 0)}, this provider version ${String(SHIM_VERSION)}`;
        this.#stopWatch = await awaitEnd(this.paths.socket, onClose);
        return;
      }
      const onEnd = (record: InstanceRecord): void => this.#onEnd(this.#record.uid, record);
      this.#stopWatch = await watchShim(this.paths.socket, onEnd, onClose);
    } catch (error) {
      if (!(error instanceof ShimGone)) throw error;
      await this.die();
    }
  }

  unwatch(): void {
    this.#stopWatch?.();
    this.#stopWatch = undefined;
  }

  /** The shim is gone: so is everything it ran, with exit codes that nobody will ever know. */
  die(): Promise<void> {
    this.#dying ??= this.#die();
    return this.#dying;
  }

  /** Resolves once nothing of a death is still going on. */
  async settle(): Promise<void> {
    await this.#dying;
  }

  async #die(): Promise<void> {
    this.unwatch();
    this.#foreign = undefined;
    await this.#bury(this);
    try {
      this.update({ stage: "stopped" });
      this.closeJournal();
    } catch {
      // A full disk: the next start of the provider finds the same.
    }
    for (const record of this.#lastInstances()) this.#onEnd(this.#record.uid, record);
  }

  /** Notes an unknown end for instances whose shim can no longer tell. */
  closeJournal(): void {
    const exit = unknownEnd();
    for (const { container, attempt, exit: known } of readJournal(this.paths.journal)) {
      if (known === undefined) this.note({ kind: "ended", container, attempt, exit });
    }
  }

  /** Of a shim that does not run any more. */
  #lastInstances(): readonly InstanceRecord[] {
    return readJournal(this.paths.journal).map((record) => ({ exit: unknownEnd(), ...record }));
  }

  /** Writes to the journal of a shim that does not run. */
  note(line: JournalLine): void {
    appendFileSync(this.paths.journal, `${JSON.stringify(line)}\n`, { mode: 0o600 });
  }

  async ask<Value>(request: ShimRequest): Promise<Value> {
    this.#refuseForeign();
    return await askShim<Value>(this.paths.socket, request);
  }

  /** As ask, keeping the connection. */
  async open(request: ShimRequest): Promise<OpenLink> {
    this.#refuseForeign();
    return await openLink(this.paths.socket, request);
  }

  #refuseForeign(): void {
    if (this.#foreign !== undefined) {
      throw new RuntimeError("ShimVersion", `the pod can only be ended: ${this.#foreign}`);
    }
  }

  /** Instances from the shim, or from disk once it is gone or cannot be asked. */
  async instances(): Promise<readonly InstanceRecord[]> {
    if (this.#record.stage === "stopped") return this.#lastInstances();
    if (this.isForeign) return readJournal(this.paths.journal);
    try {
      return await this.ask<readonly InstanceRecord[]>({ op: "list" });
    } catch (error) {
      if (!(error instanceof ShimGone)) throw error;
      await this.die();
      return this.#lastInstances();
    }
  }

  async describe(): Promise<RuntimePod> {
    const instances = await this.instances();
    const { uid, sandboxId, podIPs, hostIPs, stage } = this.#record;
    return {
      uid,
      sandbox: { id: sandboxId, podIPs, hostIPs },
      sandboxReady: stage === "ready",
      containers: instances.map((record) => toContainer(uid, record)),
    };
  }
}

function unknownEnd(): ExitRecord {
  return { reason: "ContainerStatusUnknown", finishedAt: Date.now() };
}

function toContainer(uid: string, record: InstanceRecord): RuntimeContainer {
  const container = {
    uid,
    name: record.container,
    attempt: record.attempt,
    ...toStarted(record, record.facts as Facts),
  };
  return record.exit === undefined ? container : { ...container, exit: toExit(record, record.exit) };
}

export function toExit(record: InstanceRecord, exit: ExitRecord): ContainerExit {
  const { reason, finishedAt, exitCode, signal } = exit;
  return {
    reason,
    startedAt: record.startedAt,
    finishedAt,
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(signal === undefined ? {} : { signal }),
  };
}
