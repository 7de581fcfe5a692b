// The store of test images in the component cache, made once.

import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { acquireFileLock, componentFolder } from "@outboard/devcluster";
import { type BuildOptions, ensureImagePrograms, IMAGES_MODULE } from "../components.js";
import { makeImages, RECIPES_VERSION } from "./recipes.js";
import { createStore } from "./store.js";

const run = promisify(execFile);

/** Its folder if it was made. */
export function findTestImages(env: NodeJS.ProcessEnv = process.env): string | undefined {
  const folder = storeFolder(env);
  return existsSync(join(folder, "index.json")) ? folder : undefined;
}

/** Its folder, made if needed; that needs Go, gcc and busybox-static. */
export async function ensureTestImages(options: BuildOptions): Promise<string> {
  const { env = process.env, report = (): void => undefined, signal } = options;
  const found = findTestImages(env);
  if (found !== undefined) return found;
  const programs = await ensureImagePrograms(options);
  const folder = storeFolder(env);
  await mkdir(dirname(folder), { recursive: true });
  const waiting = (): void => report("another process is making the test images; waiting for it");
  await using _lock = await acquireFileLock(`${folder}.lock`, waiting, signal);
  const made = findTestImages(env);
  if (made !== undefined) return made;
  const scratch = await mkdtemp(`${folder}.making-`);
  try {
    report("making the test images");
    await makeImages(createStore(scratch), { programs, kubernetesSource: await kubernetesSource(signal), signal });
    await rm(folder, { recursive: true, force: true });
    await rename(scratch, folder);
    return folder;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

function storeFolder(env: NodeJS.ProcessEnv): string {
  return componentFolder(env, `test-images-${RECIPES_VERSION}`);
}

async function kubernetesSource(signal: AbortSignal): Promise<string> {
  const args = ["list", "-mod=readonly", "-m", "-f", "{{.Dir}}", "k8s.io/kubernetes"];
  const { stdout } = await run("go", args, { cwd: IMAGES_MODULE, signal });
  return stdout.trim();
}
