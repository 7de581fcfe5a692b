// The kubectl programs under test, each by the version that it says itself to have.

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { ensureComponents } from "@outboard/devcluster";
import { fetchKubectl, PACKAGES } from "./packages.js";

const run = promisify(execFile);
const BUILD_TIMEOUT_MS = 45 * 60_000;

/** A program. */
export interface Release {
  /** As it says itself: v1.29.10. */
  readonly version: string;
  readonly minor: number;
  readonly program: string;
}

/** What was found, and why other versions were not. */
export interface Releases {
  readonly found: readonly Release[];
  readonly missing: readonly string[];
}

/** The devcluster's own kubectl; built when it is not there yet. */
export async function ownRelease(): Promise<Release> {
  const signal = AbortSignal.timeout(BUILD_TIMEOUT_MS);
  const { paths } = await ensureComponents({ signal, report: (line) => console.error(line) });
  return readRelease(paths.kubectl);
}

/** All that can be had here: fetched ones, the system's if its minor version is another, the devcluster's. Oldest first. */
export async function findReleases(report: (line: string) => void): Promise<Releases> {
  const found: Release[] = [];
  const missing: string[] = [];
  const add = async (find: () => Promise<Release>): Promise<void> => {
    try {
      const release = await find();
      if (!found.some(({ minor }) => minor === release.minor)) found.push(release);
    } catch (error) {
      missing.push(error instanceof Error ? error.message : String(error));
    }
  };
  await add(ownRelease);
  for (const minor of Object.keys(PACKAGES).map(Number)) {
    report(`kubectl 1.${minor}`);
    await add(async () => readRelease(await fetchKubectl(minor)));
  }
  await add(async () => readRelease("kubectl"));
  return { found: found.sort((a, b) => a.minor - b.minor), missing };
}

async function readRelease(program: string): Promise<Release> {
  const { stdout } = await run(program, ["version", "--client", "--output=json"]);
  const { clientVersion } = JSON.parse(stdout) as { clientVersion: { gitVersion: string } };
  const version = clientVersion.gitVersion;
  const minor = Number(/^v1\.(\d+)\./.exec(version)?.[1]);
  if (!Number.isInteger(minor)) throw new Error(`${program} says a version that is none: ${version}`);
  return { version, minor, program };
}
