/**
 * The engine's disk: one folder per pod, mode 0700, named by the UID. Writes are synchronous (new file, rename), so that a
 * change is there before anything that follows it in the program. That survives the death of the process; with `sync` it
 * survives the death of the machine too. Without, a record's old file is removed before the new one takes its name: to replace
 * it makes some file systems write to the disk at once, milliseconds in which nothing else goes on.
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { refuse } from "../errors.js";
import type { PodRecord } from "./record.js";

const RECORD = "record.json";
const MANIFEST = "manifest.json";

/** A pod as found on disk. */
export interface StoredPod {
  readonly record: PodRecord;
  /** Absent: lost. */
  readonly manifest: Uint8Array | undefined;
}

/** The disk. */
export interface Store {
  folder(uid: string): string;
  /** Makes the pod's folder. */
  create(uid: string): void;
  saveRecord(record: PodRecord): void;
  saveManifest(uid: string, json: Uint8Array): void;
  /** Everything there. Folders without a readable record are removed: their order was never answered. */
  load(): readonly StoredPod[];
  remove(uid: string): void;
  /** Removes log and termination message of an instance. */
  removeInstanceFiles(uid: string, container: string, attempt: number): void;
}

/** Opens the state folder; makes it, mode 0700. */
export function openStore(stateFolder: string, options: { readonly sync: boolean }): Store {
  const pods = join(stateFolder, "pods");
  mkdirSync(pods, { recursive: true, mode: 0o700 });
  const folder = (uid: string): string => join(pods, checkUid(uid));
  return {
    folder,
    create: (uid) => void mkdirSync(join(folder(uid), "logs"), { recursive: true, mode: 0o700 }),
    saveRecord: (record) => {
      const [home, text] = [folder(record.uid), encodeRecord(record)];
      if (options.sync) writeAtomically(home, RECORD, text, true);
      else writeInSteps(home, RECORD, text);
    },
    saveManifest: (uid, json) => writeAtomically(folder(uid), MANIFEST, json, options.sync),
    load: () => readdirSync(pods).flatMap((uid) => loadPod(join(pods, uid))),
    remove: (uid) => rmSync(folder(uid), { recursive: true, force: true }),
    removeInstanceFiles: (uid, container, attempt) => removeInstanceFiles(folder(uid), container, attempt),
  };
}

function removeInstanceFiles(folder: string, container: string, attempt: number): void {
  rmSync(join(folder, "messages", `${container}-${attempt}`), { force: true });
  const logs = join(folder, "logs", container);
  if (!existsSync(logs)) return;
  const names = readdirSync(logs).filter((name) => name === `${attempt}.log` || name.startsWith(`${attempt}.log.`));
  for (const name of names) rmSync(join(logs, name), { force: true });
}

/** Runs a write that an answer waits for. @throws StatusError BACKEND_UNAVAILABLE when the disk refuses. */
export function orUnavailable(write: () => void): void {
  try {
    write();
  } catch (cause) {
    throw refuse("BACKEND_UNAVAILABLE", "the state folder cannot be written", { cause });
  }
}

function checkUid(uid: string): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/.test(uid)) throw new Error("uid is not usable as the name of a folder");
  return uid;
}

function loadPod(folder: string): readonly StoredPod[] {
  const record = loadRecord(folder);
  if (record === undefined) {
    rmSync(folder, { recursive: true, force: true });
    return [];
  }
  return [{ record, manifest: readIfThere(join(folder, MANIFEST)) }];
}

/** From the file that was to take the record's name when the process died, if the record itself is gone; it takes it now. */
function loadRecord(folder: string): PodRecord | undefined {
  const bytes = readIfThere(join(folder, RECORD));
  if (bytes !== undefined) return decodeRecord(bytes);
  const temporary = join(folder, temporaryName(RECORD));
  const record = decodeIfWhole(readIfThere(temporary));
  if (record !== undefined) renameSync(temporary, join(folder, RECORD)); // the next one is written there
  return record;
}

/** Undefined: the first record of a pod, and only a part of it. */
function decodeIfWhole(bytes: Uint8Array | undefined): PodRecord | undefined {
  try {
    return bytes === undefined ? undefined : decodeRecord(bytes);
  } catch {
    return undefined;
  }
}

function readIfThere(path: string): Uint8Array | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Replaces a file so that readers and a crash see the old or the new content, never a part. */
export function writeAtomically(folder: string, name: string, content: Uint8Array | string, sync: boolean): void {
  const temporary = join(folder, temporaryName(name));
  writeFile(temporary, content, sync);
  renameSync(temporary, join(folder, name));
  if (sync) syncFolder(folder);
}

/** Replaces a file that only loadRecord reads, so that a crash leaves the old or the new content in one of two files. */
function writeInSteps(folder: string, name: string, content: string): void {
  const [temporary, target] = [join(folder, temporaryName(name)), join(folder, name)];
  writeFile(temporary, content, false);
  rmSync(target, { force: true });
  renameSync(temporary, target);
}

function temporaryName(name: string): string {
  return `.${name}.new`;
}

function writeFile(path: string, content: Uint8Array | string, sync: boolean): void {
  const file = openSync(path, "w", 0o600);
  try {
    const bytes = typeof content === "string" ? Buffer.from(content) : content;
    for (let offset = 0; offset < bytes.length; ) offset += writeSync(file, bytes, offset);
    if (sync) fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function syncFolder(folder: string): void {
  const handle = openSync(folder, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** The record as text: JSON with four more kinds of value. */
export function encodeRecord(record: PodRecord): string {
  return JSON.stringify(toPlain(record));
}

function toPlain(value: unknown): unknown {
  if (typeof value === "bigint") return { $bigint: value.toString() };
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Date) return { $date: value.getTime() };
  if (value instanceof Map) return { $map: [...value].map(toPlain) };
  if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString("base64") };
  if (Array.isArray(value)) return value.map(toPlain);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, toPlain(item)]));
}

/** Reads what encodeRecord wrote. */
export function decodeRecord(bytes: Uint8Array): PodRecord {
  return JSON.parse(Buffer.from(bytes).toString("utf8"), revive) as PodRecord;
}

function revive(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if ("$bigint" in value) return BigInt(value.$bigint as string);
  if ("$date" in value) return new Date(value.$date as number);
  if ("$map" in value) return new Map(value.$map as [unknown, unknown][]);
  if ("$bytes" in value) return new Uint8Array(Buffer.from(value.$bytes as string, "base64"));
  return value;
}
