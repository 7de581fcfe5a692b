/**
 * Where PodInputs are while a pod lives. They hold secrets: by default in memory only, and a provider that starts anew asks
 * for them again. With a folder in memory (tmpfs) they outlive the process, not the machine; where nothing can be mounted, volumes with secrets
 * are there too.
 */
import { PodInputs } from "@outboard/contract";
import type { Logger } from "pino";
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describeError } from "../errors.js";
import { writeAtomically } from "./store.js";

/** Keeps inputs across a death of the process, or does not. */
export interface InputsKeeper {
  /** Never throws: what cannot be kept is asked for again after a restart. */
  save(uid: string, inputs: PodInputs): void;
  load(uid: string): PodInputs | undefined;
  /** Inputs only. */
  remove(uid: string): void;
  /** Folder for the pod's volumes with secrets, which the caller makes and removes. Undefined: there is none. */
  volumes(uid: string): string | undefined;
  /** Makes sure that the folder around all volumes is there and private. Throws when it cannot be. */
  prepare(): void;
  /** Removes whatever belongs to none of these pods. */
  sweep(uids: ReadonlySet<string>): void;
}

/** Forgets with the process. */
export const forgetfulInputs: InputsKeeper = {
  save: () => {},
  load: () => undefined,
  remove: () => {},
  volumes: () => undefined,
  prepare: () => {},
  sweep: () => {},
};

/** Keeps them as files, mode 0600, in a folder that must be on a tmpfs. The folder is there only while it holds something. */
export function keepInputsIn(folder: string, log: Logger): InputsKeeper {
  if (existsSync(folder) && !isPrivate(folder)) {
    log.warn({ folder }, "folder for inputs is not private and not used");
    return forgetfulInputs;
  }
  const remove = (name: string): void => {
    rmSync(join(folder, name), { recursive: true, force: true });
    removeIfEmpty(folder);
  };
  return {
    save: (uid, inputs) => {
      try {
        makePrivate(folder);
        writeAtomically(folder, fileOf(uid), PodInputs.encode(inputs).finish(), false);
      } catch (error) {
        log.warn({ err: describeError(error), uid }, "inputs of pod not kept, will be asked for after a restart");
        if (isPrivate(folder)) remove(fileOf(uid));
      }
    },
    load: (uid) => {
      try {
        return isPrivate(folder) ? PodInputs.decode(readFileSync(join(folder, fileOf(uid)))) : undefined;
      } catch {
        return undefined;
      }
    },
    remove: (uid) => remove(fileOf(uid)),
    volumes: (uid) => join(folder, volumesOf(uid)),
    prepare: () => makePrivate(folder),
    sweep: (uids) => {
      if (!isPrivate(folder)) return;
      const kept = new Set([...uids].flatMap((uid) => [fileOf(uid), volumesOf(uid)]));
      for (const name of readdirSync(folder)) if (!kept.has(name)) remove(name);
    },
  };
}

function fileOf(uid: string): string {
  return `${uid}.inputs`;
}

function volumesOf(uid: string): string {
  return `${uid}.volumes`;
}

/** Others may write beside the folder (/dev/shm): one that they made, or a link of theirs, must not get secrets. */
function makePrivate(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (!isPrivate(folder)) throw new Error("the folder for inputs is not private");
}

function isPrivate(folder: string): boolean {
  const found = lstatSync(folder, { throwIfNoEntry: false });
  return found?.isDirectory() === true && found.uid === process.getuid?.() && (found.mode & 0o077) === 0;
}

function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // Other pods are in it, or it is gone.
  }
}
