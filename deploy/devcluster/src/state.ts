// What `npm run devcluster` remembers between commands: one folder, one ready file, one kubeconfig copy.

import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { isAlive, type ProcessMark } from "./process-mark.js";

export interface RunningCluster {
  readonly owner: ProcessMark;
  readonly version: string;
  readonly server: string;
  readonly kubeconfig: string;
  readonly kubectl: string;
  readonly logFolder: string;
}

export interface StateFolder {
  readonly folder: string;
  readonly readyFile: string;
  readonly logFile: string;
  /** The running cluster; undefined when there is none or its process is gone. */
  running(): RunningCluster | undefined;
  forget(): void;
}

/** DEVCLUSTER_DIR, else `.devcluster` at the root of the repository. */
export function openState(env: NodeJS.ProcessEnv): StateFolder {
  const folder =
    env["DEVCLUSTER_DIR"] || join(dirname(fileURLToPath(import.meta.url)), "..", "..", "..", ".devcluster");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const readyFile = join(folder, "ready.json");
  return {
    folder,
    readyFile,
    logFile: join(folder, "devcluster.log"),
    running: () => {
      const cluster = readReady(readyFile);
      return cluster !== undefined && isAlive(cluster.owner) ? cluster : undefined;
    },
    forget: () => rmSync(readyFile, { force: true }),
  };
}

function readReady(file: string): RunningCluster | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as RunningCluster;
  } catch {
    return undefined;
  }
}
