/** All pods of this provider's state folder: made, found again, stopped and removed without a trace. */
import { randomUUID } from "node:crypto";
import { chmodSync, mkdirSync, rmSync, writeFileSync, readFileSync } from "node:fs";
import { hostname } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { hostAddresses, RuntimeError, type Owner, type Sandbox, type SandboxSpec } from "@outboard/provider-sdk";
import { groupedPods, removePodGroups } from "../machine/cgroups.js";
import type { Machine } from "../machine/machine.js";
import type { PodNetwork } from "../network/network.js";
import { Pod, type EndListener } from "./pod.js";
import {
  listPodFolders,
  podPaths,
  readPodRecord,
  writePodRecord,
  type PodPaths,
  type PodRecord,
} from "./pod-folder.js";
import { isSame, killShim, startShim } from "./shim-process.js";
import { ShimGone } from "./shim-link.js";

export interface PodStoreOptions {
  readonly state: string;
  readonly machine: Machine;
  readonly network?: PodNetwork;
}

const REMOVE_TRIES = 200;
const REMOVE_PAUSE_MS = 10;

export class PodStore {
  readonly #options: PodStoreOptions;
  readonly #onEnd: EndListener;
  readonly #pods = new Map<string, Pod>();
  #owner: Owner | undefined;

  constructor(options: PodStoreOptions, onEnd: EndListener) {
    this.#options = options;
    this.#onEnd = onEnd;
  }

  /** Finds the owner's pods, hears of their ends, and removes what a crash left half-made. */
  async load(owner: Owner): Promise<void> {
    this.#owner = owner;
    const { state, machine, network } = this.#options;
    const folders = listPodFolders(state);
    const known = new Set([...folders, ...groupedPods(machine.cgroups), ...((await network?.known()) ?? [])]);
    await Promise.all([...known].map((uid) => this.#loadOne(uid, owner)));
  }

  async #loadOne(uid: string, owner: Owner): Promise<void> {
    if (this.#pods.has(uid)) return;
    const paths = podPaths(this.#options.state, uid);
    const record = readPodRecord(paths);
    if (record === undefined || record.stage === "making") return await this.#clean(paths, record, uid);
    if (record.owner.clusterId !== owner.clusterId || record.owner.nodeName !== owner.nodeName) return;
    const pod = this.#adopt(paths, record);
    if (record.stage === "stopped") return await this.#announce(pod);
    await pod.watch();
  }

  async #announce(pod: Pod): Promise<void> {
    for (const record of await pod.instances()) this.#onEnd(pod.record.uid, record);
  }

  #adopt(paths: PodPaths, record: PodRecord): Pod {
    const pod = new Pod(paths, record, { onEnd: this.#onEnd, bury: (dead) => this.#bury(dead.paths, dead.record) });
    this.#pods.set(record.uid, pod);
    return pod;
  }

  all(): readonly Pod[] {
    return [...this.#pods.values()];
  }

  find(uid: string): Pod | undefined {
    return this.#pods.get(uid);
  }

  /** The pod, if its sandbox works. */
  ready(uid: string): Pod {
    const pod = this.#pods.get(uid);
    if (pod?.record.stage !== "ready") throw new RuntimeError("NotRunning", "the pod's sandbox does not run");
    return pod;
  }

  close(): void {
    for (const pod of this.#pods.values()) pod.unwatch();
    this.#pods.clear();
  }

  async create(spec: SandboxSpec): Promise<Sandbox> {
    const { uid } = spec;
    const known = this.#pods.get(uid);
    await known?.settle();
    if (known?.record.stage === "ready") return toSandbox(known.record);
    if (this.#owner === undefined) throw new RuntimeError("FailedCreatePodSandBox", "the provider has no owner yet");
    const paths = podPaths(this.#options.state, uid);
    try {
      return toSandbox((await this.#make(spec, paths, this.#owner)).record);
    } catch (error) {
      this.#pods.delete(uid);
      await this.#clean(paths, readPodRecord(paths), uid);
      if (error instanceof RuntimeError) throw error;
      const text = error instanceof Error ? error.message : "unknown";
      throw new RuntimeError("FailedCreatePodSandBox", `the pod's sandbox cannot be made: ${text}`, { cause: error });
    }
  }

  async #make(spec: SandboxSpec, paths: PodPaths, owner: Owner): Promise<Pod> {
    const { machine, network } = this.#options;
    if (spec.runtimeHandler !== "")
      throw new RuntimeError("FailedCreatePodSandBox", `no runtime for "${spec.runtimeHandler}" is configured`);
    mkdirSync(paths.folder, { recursive: true, mode: 0o700 });
    const started = startRecord(spec, owner, machine);
    writePodRecord(paths, started);
    const pod = this.#adopt(paths, started);
    const own = spec.hostNetwork ? undefined : await network?.create(spec.uid, this.#takenAddresses());
    const hostIPs = hostAddresses();
    pod.update({ podIPs: own?.podIPs ?? [], hostIPs });
    writeFiles(paths, spec, own?.podIPs ?? (spec.hostNetwork ? hostIPs : []), started.hostname);
    const shim = await startShim({
      machine,
      paths,
      hostname: spec.hostNetwork ? "" : spec.hostname,
      hostIpc: manifestFlag(spec.manifest, "hostIPC"),
      network: own?.path,
    });
    pod.update({ shim, stage: "ready" });
    await pod.watch();
    if (pod.isForeign)
      throw new RuntimeError("FailedCreatePodSandBox", "the provider's files are of another version than its process");
    return pod;
  }

  #takenAddresses(): ReadonlySet<string> {
    return new Set(this.all().flatMap(({ record }) => record.podIPs));
  }

  async stop(uid: string): Promise<void> {
    const pod = this.#pods.get(uid);
    await pod?.settle();
    if (pod === undefined || pod.record.stage === "stopped") return;
    if (pod.isForeign) return await pod.die();
    pod.unwatch();
    try {
      await pod.ask({ op: "end" });
    } catch (error) {
      if (!(error instanceof ShimGone)) throw error;
    }
    await this.#bury(pod.paths, pod.record);
    pod.closeJournal();
    pod.update({ stage: "stopped" });
    await this.#announce(pod);
  }

  async remove(uid: string): Promise<void> {
    await this.stop(uid);
    const paths = podPaths(this.#options.state, uid);
    const record = this.#pods.get(uid)?.record ?? readPodRecord(paths);
    this.#pods.delete(uid);
    await this.#clean(paths, record, uid);
  }

  async #clean(paths: PodPaths, record: PodRecord | undefined, uid: string): Promise<void> {
    if (record === undefined) await this.#freeRest(uid);
    else await this.#bury(paths, record);
    rmSync(paths.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  /** After a shim's end, wanted or not: no process, group or network of the pod is left. */
  async #bury(paths: PodPaths, record: PodRecord): Promise<void> {
    const killed = killShim(paths, record);
    for (let tries = 0; tries < REMOVE_TRIES && killed.some(isSame); tries += 1) await delay(REMOVE_PAUSE_MS);
    await this.#freeRest(record.uid);
    rmSync(paths.instances, { recursive: true, force: true, maxRetries: 5 });
    rmSync(paths.socket, { force: true });
  }

  async #freeRest(uid: string): Promise<void> {
    const { machine, network } = this.#options;
    for (let tries = 0; tries < REMOVE_TRIES && !removePodGroups(machine.cgroups, uid); tries += 1) {
      await delay(REMOVE_PAUSE_MS);
    }
    await network?.remove(uid);
  }
}

function startRecord(spec: SandboxSpec, owner: Owner, machine: Machine): PodRecord {
  const { uid, namespace, name, hostNetwork } = spec;
  return {
    uid,
    namespace,
    name,
    owner,
    sandboxId: randomUUID().replaceAll("-", ""),
    stage: "making",
    hostNetwork,
    isolated: machine.isolation !== "none",
    sharesProcesses: spec.shareProcessNamespace,
    hostname: hostNetwork ? hostname() : spec.hostname,
    podIPs: [],
    hostIPs: [],
    shim: undefined,
  };
}

function toSandbox({ sandboxId, podIPs, hostIPs }: PodRecord): Sandbox {
  return { id: sandboxId, podIPs, hostIPs };
}

function writeFiles(paths: PodPaths, spec: SandboxSpec, podIPs: readonly string[], ownName: string): void {
  const files = [
    [paths.hosts, spec.hostsFile(podIPs)],
    [paths.hostname, `${ownName}\n`],
    [paths.resolvConf, spec.resolvConf ?? hostResolvConf()],
  ] as const;
  for (const [path, text] of files) {
    writeFileSync(path, text);
    // Every user in the pod may read them, whatever our umask.
    chmodSync(path, 0o644);
  }
}

function hostResolvConf(): string {
  try {
    return readFileSync("/etc/resolv.conf", "utf8");
  } catch {
    return "";
  }
}

function manifestFlag(manifest: unknown, field: string): boolean {
  const { spec } = (manifest ?? {}) as { readonly spec?: Readonly<Record<string, unknown>> };
  return spec?.[field] === true;
}
