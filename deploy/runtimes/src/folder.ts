// Ends what a runtime left in its folder: processes that name it (shims and their containers), then mounts in it.

import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import { endLeftovers, eventually, findLeftovers } from "@outboard/devcluster";

const run = promisify(execFile);

/** Only inside an enclosure. */
export async function clearFolder(folder: string): Promise<void> {
  const none = (): boolean => endLeftovers(folder).length === 0 && findLeftovers(folder).length === 0;
  await eventually(none, { message: `processes of ${folder} ended`, timeoutMs: 10_000 });
  for (const place of mountsIn(folder)) await run("umount", ["-l", place]).catch(() => undefined);
}

/** Innermost first. */
export function mountsIn(folder: string): string[] {
  const lines = readFileSync("/proc/self/mounts", "utf8").split("\n");
  const places = lines.map((line) => (line.split(" ")[1] ?? "").replaceAll("\\040", " "));
  return places.filter((place) => place.startsWith(`${folder}/`)).toReversed();
}
