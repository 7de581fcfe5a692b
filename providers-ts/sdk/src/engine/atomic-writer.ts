/**
 * Fills the folder of a volume with files so that readers see all of the old or all of the new ones: data folders named by
 * time, `..data` pointing at the current one, and links for the names that users see. As the kubelet's atomic writer.
 */
import type { FileInput } from "@outboard/contract";
import { randomInt } from "node:crypto";
import {
  chmod,
  lchown,
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import { giveEntries, makeFolders, mayChown, setFolderMode } from "./volume-modes.js";

const DATA = "..data";
const NEW_DATA = "..data_tmp";

/**
 * Makes the volume, a folder that exists, hold exactly these files. Does nothing when it does so already. Folders and links
 * belong to the group, if there is one; a file's owner, group and mode are its own.
 */
export async function writeVolumeFiles(folder: string, files: readonly FileInput[], group?: number): Promise<void> {
  for (const file of files) checkPath(file.path);
  const before = await currentData(folder);
  if (before !== undefined && (await holds(join(folder, before), files))) return;
  const name = await makeDataFolder(folder);
  const fresh = join(folder, name);
  await setFolderMode(fresh, 0o755, { group, access: "readOnly" });
  for (const file of files) await writeOne(fresh, file, group);
  await rm(join(folder, NEW_DATA), { force: true });
  await symlink(name, join(folder, NEW_DATA));
  await rename(join(folder, NEW_DATA), join(folder, DATA));
  await linkNames(folder, files);
  await giveEntries(folder, group);
  await removeOld(folder, name);
}

/** A new one, named as the kubelet names it: time of day and a number. */
async function makeDataFolder(folder: string): Promise<string> {
  const time = new Date().toISOString().slice(0, 19).replaceAll(/[-:T]/g, "_");
  for (;;) {
    const name = `..${time}.${String(randomInt(2 ** 32))}`;
    try {
      await mkdir(join(folder, name), { mode: 0o700 });
      return name;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  }
}

function checkPath(path: string): void {
  const parts = path.split("/");
  const isBad = path.startsWith("..") || parts.some((part) => part === "" || part === "." || part === "..");
  if (isBad) throw new Error(`file path "${path}" of a volume is not a plain relative path`);
}

async function currentData(folder: string): Promise<string | undefined> {
  try {
    return await readlink(join(folder, DATA));
  } catch {
    return undefined;
  }
}

async function holds(folder: string, files: readonly FileInput[]): Promise<boolean> {
  try {
    const present = await readdir(folder, { recursive: true, withFileTypes: true });
    if (present.filter((entry) => entry.isFile()).length !== files.length) return false;
    const checks = files.map(async (file) => await holdsOne(join(folder, file.path), file));
    return (await Promise.all(checks)).every(Boolean);
  } catch {
    return false;
  }
}

async function holdsOne(path: string, file: FileInput): Promise<boolean> {
  const state = await lstat(path);
  const isSame = state.isFile() && state.size === file.content.length && (state.mode & 0o7777) === file.mode;
  const isOwned = !mayChown() || ((file.uid ?? 0) === state.uid && (file.gid ?? 0) === state.gid);
  if (!isSame || !isOwned) return false;
  return Buffer.from(file.content).equals(await readFile(path));
}

async function writeOne(folder: string, file: FileInput, group: number | undefined): Promise<void> {
  const path = join(folder, file.path);
  await makeFolders(folder, file.path.split("/").slice(0, -1), 0o755, group);
  await writeFile(path, file.content, { mode: 0o600 });
  if (mayChown()) await lchown(path, file.uid ?? 0, file.gid ?? 0);
  await chmod(path, file.mode & 0o7777);
}

async function linkNames(folder: string, files: readonly FileInput[]): Promise<void> {
  const wanted = new Set(files.map((file) => file.path.split("/")[0] ?? file.path));
  const present = await readdir(folder);
  for (const name of wanted) {
    if (present.includes(name)) continue;
    await symlink(join(DATA, name), join(folder, name));
    const uid = files.find(({ path }) => path === name)?.uid;
    if (uid !== undefined && mayChown()) await lchown(join(folder, name), uid, -1);
  }
  const entries = await readdir(folder, { withFileTypes: true });
  const links = entries.filter((entry) => entry.isSymbolicLink()).map(({ name }) => name); // a folder is a mount point
  const stale = links.filter((name) => !name.startsWith("..") && !wanted.has(name));
  for (const name of stale) await rm(join(folder, name), { force: true });
}

async function removeOld(folder: string, current: string): Promise<void> {
  const names = await readdir(folder);
  const old = names.filter((name) => name.startsWith("..") && name !== DATA && name !== current);
  for (const name of old) await rm(join(folder, name), { force: true, recursive: true });
}
