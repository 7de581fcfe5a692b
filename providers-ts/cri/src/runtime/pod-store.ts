/** What the provider keeps of each pod on disk: what its sandbox was made with, so that containers can be made after a restart. */
import { chmodSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PodSandboxConfig } from "../gen/runtime/v1/api.js";
import type { PodAmounts } from "../map/pod-resources.js";

export interface StoredPod {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly runtimeHandler: string;
  /** Path of its control group below the mount points. */
  readonly groupPath: string;
  readonly amounts: PodAmounts;
  readonly config: PodSandboxConfig;
}

/** One folder per pod, named by its UID. */
export class PodStore {
  readonly #folder: string;

  constructor(folder: string) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.#folder = folder;
  }

  /** UIDs that have a folder. */
  uids(): readonly string[] {
    return readdirSync(this.#folder);
  }

  /** Undefined: not known, or not readable. */
  find(uid: string): StoredPod | undefined {
    try {
      const { config, ...rest } = JSON.parse(readFileSync(join(this.#folder, uid, "pod.json"), "utf8")) as Omit<
        StoredPod,
        "config"
      > & { readonly config: string };
      return { ...rest, config: PodSandboxConfig.decode(Buffer.from(config, "base64")) };
    } catch {
      return undefined;
    }
  }

  save(pod: StoredPod): void {
    const config = Buffer.from(PodSandboxConfig.encode(pod.config).finish()).toString("base64");
    this.#write(pod.uid, "pod.json", JSON.stringify({ ...pod, config }));
  }

  hostsFile(uid: string): string {
    return join(this.#folder, uid, "etc-hosts");
  }

  /** Written in place: containers may have it mounted. Everyone in them reads it. */
  saveHosts(uid: string, text: string): void {
    writeFileSync(this.hostsFile(uid), text);
    chmodSync(this.hostsFile(uid), 0o644);
  }

  remove(uid: string): void {
    rmSync(join(this.#folder, uid), { recursive: true, force: true });
  }

  #write(uid: string, name: string, text: string): void {
    const file = join(this.#folder, uid, name);
    mkdirSync(join(this.#folder, uid), { recursive: true, mode: 0o700 });
    writeFileSync(`${file}.new`, text, { mode: 0o600 });
    renameSync(`${file}.new`, file);
  }
}
