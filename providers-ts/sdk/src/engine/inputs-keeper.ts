/**
 * Where PodInputs are while a pod lives. They hold secrets: by default in memory only, and a provider that starts anew asks
 * for them again. With a folder in memory (tmpfs) they outlive the process, not the machine.
 */
import { PodInputs } from "@outboard/contract";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { writeAtomically } from "./store.js";

/** Keeps inputs across a death of the process, or does not. */
export interface InputsKeeper {
  save(uid: string, inputs: PodInputs): void;
  load(uid: string): PodInputs | undefined;
  remove(uid: string): void;
}

/** Forgets with the process. */
export const forgetfulInputs: InputsKeeper = { save: () => {}, load: () => undefined, remove: () => {} };

/** Keeps them as files, mode 0600, in a folder that must be on a tmpfs. */
export function keepInputsIn(folder: string): InputsKeeper {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const fileOf = (uid: string): string => `${uid}.inputs`;
  return {
    save: (uid, inputs) => writeAtomically(folder, fileOf(uid), PodInputs.encode(inputs).finish(), false),
    load: (uid) => {
      try {
        return PodInputs.decode(readFileSync(join(folder, fileOf(uid))));
      } catch {
        return undefined;
      }
    },
    remove: (uid) => rmSync(join(folder, fileOf(uid)), { force: true }),
  };
}
