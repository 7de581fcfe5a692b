/** The folder that a provider keeps its state in: private, locked, and bound to the first owner. */
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, realpathSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { openTmpfsMounter } from "../engine/tmpfs.js";
import type { TmpfsMounter } from "../engine/volumes.js";
import type { Owner, PodProvider } from "../provider.js";
import { memoryFolder, sweepMemoryFolders } from "./memory-folder.js";
import { readOwner, writeOwner } from "./owner-file.js";
import type { BuiltProvider } from "./run-provider.js";
import { SettingsError } from "./settings.js";
import { lockState } from "./state-lock.js";

/** A state folder that this process holds until it ends. */
export interface StateFolder {
  /** Without links. */
  readonly path: string;
  /** Eight characters that name the folder, for objects outside of it. */
  readonly tag: string;
  /** On a tmpfs, for PodEngineOptions.inputsFolder. Undefined: the machine has none. */
  readonly inputsFolder: string | undefined;
  /** For PodEngineOptions.tmpfs: it tries once. Undefined: this process may not mount. */
  tmpfs(): Promise<TmpfsMounter | undefined>;
  /**
   * Notes the owner before anything is done for it; a provider that starts again goes on with the owner's pods before any
   * gateway is there.
   */
  withOwner(provider: PodProvider): BuiltProvider;
}

/**
 * Makes and locks a state folder.
 * @param provider short name, as in ProviderDescription
 * @throws SettingsError about --state: it cannot be made, or another provider uses it
 */
export async function openStateFolder(provider: string, folder: string): Promise<StateFolder> {
  const path = make(folder);
  const tag = createHash("sha256").update(path).digest("hex").slice(0, 8);
  if (!(await lockState(`${provider}-${tag}`))) throw new SettingsError(`--state: another provider uses ${path}`);
  sweepMemoryFolders(provider);
  return {
    path,
    tag,
    inputsFolder: memoryFolder(provider, path),
    tmpfs: () => tryTmpfs(path),
    withOwner: (built) => withOwner(built, path),
  };
}

function make(folder: string): string {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return realpathSync(folder);
  } catch {
    throw new SettingsError(`--state: ${folder} cannot be made`);
  }
}

function withOwner(provider: PodProvider, path: string): BuiltProvider {
  const known = readOwner(path);
  const start: PodProvider["start"] = async (host, owner) => {
    // A disk that is full keeps no provider from its pods: the node would not be ready, and the cluster delete them.
    if (!isSame(known, owner)) writeOwner(path, owner);
    await provider.start(host, owner);
  };
  return { provider: { ...provider, start }, ...(known === undefined ? {} : { serve: { owner: known } }) };
}

function isSame(known: Owner | undefined, { clusterId, nodeName }: Owner): boolean {
  return known?.clusterId === clusterId && known.nodeName === nodeName;
}

async function tryTmpfs(path: string): Promise<TmpfsMounter | undefined> {
  const trial = mkdtempSync(join(path, "trial-"));
  try {
    return await openTmpfsMounter(trial);
  } finally {
    rmdirSync(trial);
  }
}
