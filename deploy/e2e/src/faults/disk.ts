// The disk of a provider's state: a small file system of its own, seen by the provider alone, that can be filled.

import { closeSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { Program } from "../support/managed-process.js";

export interface Disk {
  fill(): void;
  free(): void;
}

const SIZE = "6m";
const PIECE = Buffer.alloc(64 * 1024);
const BALLAST = "ballast";

/** The program in a mount namespace where `folder` is that file system; its pid stays its own. */
export function onSmallDisk(program: Program, folder: string): Program {
  const script = `mount -t tmpfs -o size=${SIZE},mode=700 none "$0" && exec "$@"`;
  return {
    ...program,
    command: "unshare",
    args: ["--mount", "sh", "-c", script, folder, program.command, ...program.args],
  };
}

/** Reached through the provider's own view of it. */
export function diskIn(folder: string, pid: () => number | undefined): Disk {
  const ballast = (): string => join(`/proc/${pid() ?? 0}/root`, folder, BALLAST);
  return {
    fill: () => {
      const file = openSync(ballast(), "w");
      for (const piece of [PIECE, PIECE.subarray(0, 512)]) writeUntilFull(file, piece);
      closeSync(file);
    },
    free: () => rmSync(ballast(), { force: true }),
  };
}

function writeUntilFull(file: number, piece: Buffer): void {
  try {
    for (;;) writeSync(file, piece);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
  }
}
