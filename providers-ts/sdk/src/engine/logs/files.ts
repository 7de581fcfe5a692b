/**
 * The log files of one instance: N.log is being written; N.log.1, N.log.2, ... are full, the higher the newer. A file's number
 * never changes: the one being written has the next number.
 */
import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/** Numbers of the full files, ascending. */
export async function rotatedNumbers(logPath: string): Promise<readonly number[]> {
  const prefix = `${basename(logPath)}.`;
  const names = await namesIn(dirname(logPath));
  return names
    .filter((name) => name.startsWith(prefix) && /^\d+$/.test(name.slice(prefix.length)))
    .map((name) => Number(name.slice(prefix.length)))
    .toSorted((left, right) => left - right);
}

/** Path of the full file with this number. */
export function rotatedPath(logPath: string, number: number): string {
  return join(dirname(logPath), `${basename(logPath)}.${number}`);
}

/** All files, oldest first, with their numbers. */
export async function logFiles(
  logPath: string,
): Promise<readonly { readonly number: number; readonly path: string }[]> {
  const full = await rotatedNumbers(logPath);
  const files = full.map((number) => ({ number, path: rotatedPath(logPath, number) }));
  const next = (full.at(-1) ?? 0) + 1;
  return (await exists(logPath)) ? [...files, { number: next, path: logPath }] : files;
}

/** Whether a file is there. */
export async function exists(path: string): Promise<boolean> {
  return (await sizeOf(path)) !== undefined;
}

/** Size in bytes; undefined: not there. */
export async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch {
    return undefined;
  }
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch {
    return [];
  }
}
