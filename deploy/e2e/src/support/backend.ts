// What the provider has, seen by an observer: `outboard inspect -o json`, as an operator would look.

import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { eventually } from "@outboard/devcluster";
import type { World } from "./world.js";

const OUTBOARD = join(import.meta.dirname, "..", "..", "..", "..", "gateway", "bin", "outboard.mjs");

export interface Backend {
  readonly node: { readonly state: string };
  /** Pods by stage. */
  readonly pods: Readonly<Record<string, number>>;
}

export async function inspectBackend(world: World): Promise<Backend> {
  const args = [OUTBOARD, "inspect", "--provider", `unix://${world.socket}`, "-o", "json"];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return JSON.parse(stdout) as Backend;
}

/** Waits until the provider knows no pod: every UID was released. */
export async function backendEmpty(world: World): Promise<void> {
  await eventually(async () => Object.keys((await inspectBackend(world)).pods).length === 0, {
    message: "every pod released by the provider",
    timeoutMs: 30_000,
    intervalMs: 500,
  });
}
