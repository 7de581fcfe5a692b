/** How the machine is asked what it allows: tools, trial runs, files. Injected, so that tests can be any machine. */
import { spawnSync } from "node:child_process";
import { accessSync, constants, readFileSync } from "node:fs";

export interface TrialResult {
  readonly ok: boolean;
  /** What was printed on standard error, one line. */
  readonly said: string;
  readonly output: string;
}

export interface Probe {
  /** Path of a program, or undefined. */
  find(program: string): string | undefined;
  /** Runs a short program with a text on its standard input. */
  run(argv: readonly string[], input?: string): TrialResult;
  /** Content of a file, or undefined. */
  read(path: string): string | undefined;
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
}

const FOLDERS = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];
const TRIAL_MS = 10_000;

export function hostProbe(): Probe {
  return {
    find: (program) => FOLDERS.map((folder) => `${folder}/${program}`).find(isExecutable),
    run: ([program = "", ...words], input = "") => {
      const result = spawnSync(program, words, { input, timeout: TRIAL_MS, encoding: "utf8" });
      const said = (result.error?.message ?? result.stderr ?? "").trim().split("\n")[0] ?? "";
      return { ok: result.status === 0, said, output: result.stdout ?? "" };
    },
    read: (path) => {
      try {
        return readFileSync(path, "utf8");
      } catch {
        return undefined;
      }
    },
    uid: process.getuid?.() ?? 0,
    gid: process.getgid?.() ?? 0,
    groups: process.getgroups?.() ?? [],
  };
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
