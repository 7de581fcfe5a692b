/**
 * Keeps pods in a folder, one file each, so that they survive a kill of the process. What inputs mark as sensitive is never
 * written; a pod that had such inputs needs them again after a restart. Without a folder nothing is kept.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { PodInputs } from "@outboard/contract";
import type { Owner } from "@outboard/provider-sdk";
import type { HeldPod } from "./pods.js";
import type { SimPod } from "./simulation/state.js";

/** Where pods are kept. */
export interface Store {
  /** Whose pods they are; undefined: not known yet. */
  readonly owner: Owner | undefined;
  saveOwner(owner: Owner): void;
  save(held: HeldPod): void;
  remove(uid: string): void;
  load(): readonly HeldPod[];
}

/** Keeps nothing. */
export const noStore: Store = {
  owner: undefined,
  saveOwner: () => {},
  save: () => {},
  remove: () => {},
  load: () => [],
};

interface Kept {
  readonly state: SimPod;
  /** Base 64 of PodInputs without what is sensitive. */
  readonly inputs: string;
  readonly isPart: boolean;
}

/** A store in a folder, which is made if it is missing. */
export function openStore(folder: string, forgetInputs: boolean): Store {
  const pods = path.join(folder, "pods");
  mkdirSync(pods, { recursive: true, mode: 0o700 });
  const fileOf = (uid: string) => path.join(pods, `${Buffer.from(uid).toString("base64url")}.json`);
  const ownerFile = path.join(folder, "owner.json");
  return {
    owner: readOwner(ownerFile),
    saveOwner: (owner) => write(ownerFile, owner),
    save: (held) => write(fileOf(held.state.uid), keep(held)),
    remove: (uid) => rmSync(fileOf(uid), { force: true }),
    load: () =>
      readdirSync(pods)
        .filter((name) => name.endsWith(".json"))
        .map((name) => restore(path.join(pods, name), forgetInputs)),
  };
}

function readOwner(file: string): Owner | undefined {
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Owner) : undefined;
}

function write(file: string, content: Kept | Owner): void {
  writeFileSync(`${file}.new`, JSON.stringify(content), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

function keep({ state, inputs }: HeldPod): Kept {
  const { kept, isPart } = withoutSecrets(inputs);
  return { state, inputs: Buffer.from(PodInputs.encode(kept).finish()).toString("base64"), isPart };
}

function withoutSecrets(inputs: PodInputs): { readonly kept: PodInputs; readonly isPart: boolean } {
  const volumes = inputs.volumes.map((volume) => ({
    ...volume,
    files: volume.files.filter((file) => !file.sensitive),
  }));
  const containers = inputs.containers.map((container) => ({ ...container, env: [], registryCredentials: [] }));
  const hasCredentials = ({ registryCredentials }: { readonly registryCredentials: readonly unknown[] }): boolean =>
    registryCredentials.length > 0;
  const lostValues = inputs.containers.some((container) => container.env.length > 0 || hasCredentials(container));
  const isPart = lostValues || inputs.imageVolumes.some(hasCredentials);
  const lostFiles = inputs.volumes.some(({ files }) => files.some(({ sensitive }) => sensitive));
  return { kept: { ...inputs, volumes, containers, imageVolumes: [] }, isPart: isPart || lostFiles };
}

function restore(file: string, forgetInputs: boolean): HeldPod {
  const { state, inputs, isPart } = JSON.parse(readFileSync(file, "utf8")) as Kept;
  const needsInputs = state.stage !== "ended" && (state.needsInputs || isPart || forgetInputs);
  return { state: { ...state, needsInputs }, inputs: PodInputs.decode(Buffer.from(inputs, "base64")) };
}
