// The disk of a provider's state: a small file system of its own, seen by the provider alone, that can be filled. It stays
// when the provider ends.

import { closeSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { eventually, startChild } from "@outboard/devcluster";
import type { Program } from "../support/managed-process.js";

export interface Disk extends AsyncDisposable {
  /** The file system, as others than the provider reach it. */
  readonly folder: string;
  /** The program where `folder` is that file system; its pid stays its own. */
  within(program: Program): Program;
  fill(): void;
  free(): void;
}

const SIZE = "16m";
const PIECE = Buffer.alloc(64 * 1024);
const BALLAST = "ballast";
/** It lives as long as the process that holds its namespace, whose command line names no folder: it is no left-over. */
const HOLD = `mount -t tmpfs -o size=${SIZE},mode=700 none "$0" && exec sleep infinity`;

export async function mountDisk(folder: string, logFile: string): Promise<Disk> {
  const args = ["--mount", "sh", "-c", HOLD, folder];
  const holder = startChild({ name: "disk", command: "unshare", args, logFile });
  const isMounted = (): boolean => readFileSync(`/proc/${holder.pid}/mountinfo`, "utf8").includes(` ${folder} `);
  await eventually(isMounted, { message: "the disk", timeoutMs: 20_000 });
  const seen = join(`/proc/${holder.pid}/root`, folder);
  return {
    folder: seen,
    within: (program) => ({
      ...program,
      command: "nsenter",
      args: [`--mount=/proc/${holder.pid}/ns/mnt`, "--", program.command, ...program.args],
    }),
    fill: () => {
      const file = openSync(join(seen, BALLAST), "w");
      for (const piece of [PIECE, PIECE.subarray(0, 512)]) writeUntilFull(file, piece);
      closeSync(file);
    },
    free: () => rmSync(join(seen, BALLAST), { force: true }),
    [Symbol.asyncDispose]: async () => void (await holder.kill()),
  };
}

function writeUntilFull(file: number, piece: Buffer): void {
  try {
    for (;;) writeSync(file, piece);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
  }
}
