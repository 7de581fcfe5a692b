/** Puts a container's values together at its start: literals, addresses, keys of files. Reads files, nothing else. */
import { type ContainerInputs, type FileKey, AddressSlot, type Value, type ValuePart } from "@outboard/contract";
import { readFile, realpath } from "node:fs/promises";
import { join, sep } from "node:path";
import { readFileKey } from "./file-key.js";
import { RuntimeError } from "./runtime.js";

/** What late slots are filled from. */
export interface SlotSources {
  readonly podIPs: readonly string[];
  readonly hostIPs: readonly string[];
  /** Folder of an emptyDir volume; undefined: no such volume. */
  volumeFolder(volume: string): string | undefined;
}

/** A container's values, ready for the runtime. */
export interface ResolvedValues {
  readonly env: readonly (readonly [name: string, value: Uint8Array])[];
  readonly command: readonly string[];
  readonly args: readonly string[];
  readonly subPaths: ReadonlyMap<string, string>;
}

/** Waiting reason of a container whose configuration cannot be put together. */
export const CONFIG_ERROR = "CreateContainerConfigError";

/** Resolves everything. Rejects with a RuntimeError CreateContainerConfigError. */
export async function resolveValues(inputs: ContainerInputs, sources: SlotSources): Promise<ResolvedValues> {
  const env = new Map<string, Uint8Array>();
  for (const variable of inputs.env) {
    const value = await resolveValue(variable.value, sources);
    if (value !== undefined) env.set(variable.name, value);
  }
  const subPaths = new Map<string, string>();
  for (const subPath of inputs.subPaths) subPaths.set(subPath.mountPath, await resolveText(subPath.path, sources));
  return {
    env: [...env],
    command: await resolveTexts(inputs.command, sources),
    args: await resolveTexts(inputs.args, sources),
    subPaths,
  };
}

async function resolveTexts(values: readonly Value[], sources: SlotSources): Promise<readonly string[]> {
  return await Promise.all(values.map(async (value) => await resolveText(value, sources)));
}

async function resolveText(value: Value | undefined, sources: SlotSources): Promise<string> {
  return Buffer.from((await resolveValue(value, sources)) ?? []).toString("utf8");
}

/** Undefined: the variable is not set. */
async function resolveValue(value: Value | undefined, sources: SlotSources): Promise<Uint8Array | undefined> {
  const bytes: Uint8Array[] = [];
  for (const { part } of value?.parts ?? []) {
    const resolved = await resolvePart(part, sources);
    if (resolved === undefined) return undefined;
    bytes.push(resolved);
  }
  return bytes.length === 1 && bytes[0] !== undefined ? bytes[0] : Buffer.concat(bytes);
}

async function resolvePart(part: ValuePart["part"], sources: SlotSources): Promise<Uint8Array | undefined> {
  switch (part?.$case) {
    case "literal":
      return part.value;
    case "address":
      return Buffer.from(addressText(part.value, sources));
    case "fileKey":
      return await resolveFileKey(part.value, sources);
    case undefined:
      throw new RuntimeError(CONFIG_ERROR, "a value has a part of a kind that this provider does not know");
  }
}

function addressText(slot: AddressSlot, sources: SlotSources): string {
  switch (slot) {
    case AddressSlot.POD_IP:
      return sources.podIPs[0] ?? "";
    case AddressSlot.POD_IPS:
      return sources.podIPs.join(",");
    case AddressSlot.HOST_IP:
      return sources.hostIPs[0] ?? "";
    case AddressSlot.HOST_IPS:
      return sources.hostIPs.join(",");
    default:
      throw new RuntimeError(CONFIG_ERROR, "a value has an address slot that this provider does not know");
  }
}

async function resolveFileKey(fileKey: FileKey, sources: SlotSources): Promise<Uint8Array | undefined> {
  const folder = sources.volumeFolder(fileKey.volume);
  if (folder === undefined) {
    throw new RuntimeError(CONFIG_ERROR, `cannot find the volume "${fileKey.volume}" referenced by FileKeyRef`);
  }
  const path = join(folder, fileKey.path);
  const found = await readKey(folder, path, fileKey.key);
  if (found !== undefined && found.length > 0) return found;
  if (!fileKey.optional) {
    const message = `environment variable key "${fileKey.key}" not found in file "${fileKey.path}"`;
    throw new RuntimeError(CONFIG_ERROR, message);
  }
  return fileKey.ifMissing;
}

async function readKey(folder: string, path: string, key: string): Promise<Uint8Array | undefined> {
  try {
    const real = await realpath(path);
    if (!isBelow(await realpath(folder), real)) throw new Error("the path leaves its volume");
    return readFileKey(await readFile(real), key);
  } catch (error) {
    throw new RuntimeError(CONFIG_ERROR, "couldn't parse env file", { cause: error });
  }
}

/** Whether a path is the folder or below it. Both are real paths. */
export function isBelow(folder: string, path: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}
