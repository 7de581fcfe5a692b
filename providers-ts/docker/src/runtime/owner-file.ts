/**
 * Whose pods are in the state folder: noted when the first gateway binds the provider, so that a provider that starts again
 * goes on with them before any gateway is there. To give the provider to another node, remove the state folder.
 */
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { SettingsError, type Owner } from "@outboard/provider-sdk";

const FILE = "owner.json";

/** Undefined: nobody's yet. @throws SettingsError when the file is there and cannot be used. */
export function readOwner(state: string): Owner | undefined {
  let text: string;
  try {
    text = readFileSync(join(state, FILE), "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw damaged(state);
  }
  const owner = parseOwner(text);
  if (owner === undefined) throw damaged(state);
  return owner;
}

export function writeOwner(state: string, { clusterId, nodeName }: Owner): void {
  const next = join(state, `${FILE}.next`);
  writeFileSync(next, JSON.stringify({ clusterId, nodeName }), { mode: 0o600, flush: true });
  renameSync(next, join(state, FILE));
}

function parseOwner(text: string): Owner | undefined {
  try {
    const { clusterId, nodeName } = JSON.parse(text) as Partial<Record<keyof Owner, unknown>>;
    return typeof clusterId === "string" && typeof nodeName === "string" ? { clusterId, nodeName } : undefined;
  } catch {
    return undefined;
  }
}

function damaged(state: string): SettingsError {
  return new SettingsError(
    `--state: ${join(state, FILE)} cannot be read; it names the cluster and node that the pods belong to`,
  );
}
